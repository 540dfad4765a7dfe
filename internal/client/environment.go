// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// environment adds the settings of environment variables, unless an option has set them, and
// warns about variables that no setting reads.
func (s *Settings) environment() {
	spool := s.Spool
	if spool == nil {
		spool = NewSpoolSettings("") // of APPTUIT_SPOOL_DIR
	}
	files := TLSFiles{CA: TLSFile{From: "APPTUIT_CERTIFICATE"}, Certificate: TLSFile{From: "APPTUIT_CLIENT_CERTIFICATE"}, Key: TLSFile{From: "APPTUIT_CLIENT_KEY"}}
	// An Authorization header excludes the variables of the token and the user, a token excludes the
	// variable of its file, and without a folder the other variables of the spool are not read.
	settings.ReadEnvironment(s.variables(spool, &files), "headers", "token", "spool.directory")
	s.AddTLSFiles(files)
	if s.Spool == nil && spool.Dir != "" && !s.Ignore.Spool {
		s.Spool = spool
	}
	for _, v := range settings.UnknownVariables(os.Environ(), s.KnownVariables) {
		s.unknownVariable(v)
	}
}

// variables returns the functions that read the variables of the client, by the names of the
// settings. An option overrides its variable. The functions of the TLS files only note the names:
// AddTLSFiles decides which of them are used.
func (s *Settings) variables(spool *SpoolSettings, files *TLSFiles) map[string]func(settings.Variable) {
	return map[string]func(settings.Variable){
		"endpoint": func(v settings.Variable) {
			if s.Connection.endpoint == nil {
				s.SetEndpoint(v.Name, v.Text)
			}
		},
		"token": func(v settings.Variable) {
			if v.ReplacedBy != "" && env.Get("APPTUIT_API_TOKEN_FILE") != "" || !s.lacksCredentials() {
				return
			}
			s.deprecated(v)
			s.setToken(v.Name, v.Text)
		},
		"token_file": func(v settings.Variable) {
			if s.lacksCredentials() {
				s.setTokenFile(v.Name, v.Text)
			}
		},
		"user_id": func(v settings.Variable) {
			if s.creds.user == "" && !s.authorizationHeader() {
				s.SetUser(v.Name, v.Text)
			}
		},
		"headers":       func(v settings.Variable) { s.AddHeaders(v.Name, v.Text) },
		"tls.ca_file":   func(v settings.Variable) { files.CA.Name = v.Text },
		"tls.cert_file": func(v settings.Variable) { files.Certificate.Name = v.Text },
		"tls.key_file":  func(v settings.Variable) { files.Key.Name = v.Text },
		"proxy_url":     func(v settings.Variable) { s.AddProxy(v.Name, v.Text) },
		"tags": func(v settings.Variable) {
			if s.Ignore.Tags {
				return
			}
			s.deprecated(v)
			s.Points.envTags, _ = parse(s, v, encoding.ParseTags)
		},
		"sanitize_mode":          optional(s, encoding.ParseSanitizeMode, &s.Points.Mode),
		"server":                 optional(s, ParseServer, &s.Server),
		"tag_values":             optional(s, encoding.ParseTagValueRule, &s.Points.TagValues),
		"max_tags":               optional(s, parseMaxTags, &s.Points.MaxTags),
		"compression":            optional(s, put.ParseEncoding, &s.Points.Compression),
		"timestamp_resolution":   optional(s, ParseResolution, &s.Points.Resolution),
		"timeout":                optional(s, parsePositive, &s.Connection.Timeout),
		"retry.max_elapsed_time": s.environmentRetry,
		"spool.directory": func(v settings.Variable) {
			if spool.Dir == "" {
				spool.Dir, spool.openOnFirstSend = v.Text, true
			}
		},
		"spool.instances": spool.limit(func(v settings.Variable) {
			if instances, ok := parse(s, v, encoding.ParseBool); ok && spool.openOnFirstSend {
				spool.Instances = instances
			}
		}),
		"spool.max_bytes": spool.limit(optional(s, parseSize, &spool.Bytes)),
		"spool.max_age":   spool.limit(optional(s, parsePositive, &spool.Age)),
		"spool.insecure_directory": spool.limit(func(v settings.Variable) {
			insecure, _ := parse(s, v, encoding.ParseBool)
			spool.Insecure = spool.Insecure || insecure
		}),
	}
}

// limit returns a function that reads a variable only if there is a spool.
func (s *SpoolSettings) limit(read func(settings.Variable)) func(settings.Variable) {
	return func(v settings.Variable) {
		if s.Dir != "" {
			read(v)
		}
	}
}

// lacksCredentials reports whether neither an option nor a variable has set a token or an
// Authorization header.
func (s *Settings) lacksCredentials() bool {
	return s.tokens == 0 && s.creds.source == nil && !s.authorizationHeader()
}

// optional returns a function that sets a setting from a variable, unless an option has set
// it.
func optional[T any](s *Settings, parser func(string) (T, error), to *Optional[T]) func(settings.Variable) {
	return func(v settings.Variable) {
		if to.Given() {
			return
		}
		if value, ok := parse(s, v, parser); ok {
			to.Set(v.Name, value)
		}
	}
}

// parse returns the value of a variable. It records a fault if the text is invalid.
func parse[T any](s *Settings, v settings.Variable, parser func(string) (T, error)) (value T, ok bool) {
	value, err := parser(v.Text)
	if err != nil {
		s.Fault("%s: %w", v.Name, err)
	}
	return value, err == nil
}

// environmentRetry sets the limit of the time for retries, unless an option has set it.
func (s *Settings) environmentRetry(v settings.Variable) {
	if s.retryGiven {
		return
	}
	if limit, ok := parse(s, v, parseNotNegative); ok {
		s.Retry.MaxElapsedTime = limit
	}
}

// deprecated warns about a variable that another one replaces.
func (s *Settings) deprecated(v settings.Variable) {
	if v.ReplacedBy != "" {
		notify.Call(s.Warn, fmt.Errorf("apptuit: the environment variable %s is deprecated: use %s", v.Name, v.ReplacedBy))
	}
}

// unknownVariable warns about a variable that has no effect.
func (s *Settings) unknownVariable(v settings.Unknown) {
	advice := "docs/settings.md lists the variables"
	if v.Nearest != "" {
		advice = "did you mean " + v.Nearest + "?"
	}
	notify.Call(s.Warn, fmt.Errorf("apptuit: the environment variable %s has no effect: %s", v.Name, advice))
}

// parsePositive parses a duration such as 30s. A number without a unit is refused, because it
// could mean seconds or milliseconds.
func parsePositive(text string) (time.Duration, error) {
	d, err := parseNotNegative(text)
	if err == nil && d == 0 {
		err = fmt.Errorf("%q must be a positive duration", text)
	}
	return d, err
}

// parseNotNegative parses a duration as parsePositive does, or 0.
func parseNotNegative(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil && d >= 0 {
		return d, nil
	}
	advice := ", such as 30s, 5m or 24h"
	if _, err := time.ParseDuration(text + "s"); err == nil && !strings.HasPrefix(text, "-") {
		advice = fmt.Sprintf(": write %ss for seconds, or %sms for milliseconds", text, text)
	}
	return 0, fmt.Errorf("%q must be a positive duration with a unit%s", text, advice)
}
