// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// environment adds the settings of environment variables, except those that an option has
// set. An empty variable counts as unset.
func (s *Settings) environment() {
	if v := env.Get("APPTUIT_ENDPOINT"); v != "" && s.Connection.endpoint == nil {
		s.SetEndpoint("APPTUIT_ENDPOINT", v)
	}
	if !s.authorizationHeader() {
		if v := env.Get("APPTUIT_USER_ID"); v != "" && s.creds.user == "" {
			s.SetUser("APPTUIT_USER_ID", v)
		}
		if s.tokens == 0 {
			s.environmentToken()
		}
	}
	if !s.Ignore.Tags {
		s.environmentTags()
	}
	fromVariable(s, "APPTUIT_SANITIZE_MODE", encoding.ParseSanitizeMode, &s.Points.Mode)
	fromVariable(s, "APPTUIT_SERVER", ParseServer, &s.Server)
	fromVariable(s, "APPTUIT_TAG_VALUES", encoding.ParseTagValueRule, &s.Points.TagValues)
	fromVariable(s, "APPTUIT_MAX_TAGS", parseMaxTags, &s.Points.MaxTags)
	fromVariable(s, "APPTUIT_COMPRESSION", put.ParseEncoding, &s.Points.Compression)
	fromVariable(s, "APPTUIT_TIMESTAMP_RESOLUTION", ParseResolution, &s.Points.Resolution)
	s.environmentSpool()
	if v := env.Get("APPTUIT_TIMEOUT"); v != "" && s.Connection.Timeout == 0 {
		parseVariable(s, "APPTUIT_TIMEOUT", v, parseTimeout, &s.Connection.Timeout)
	}
}

// fromVariable sets a setting from a variable, unless an option has set it.
func fromVariable[T any](s *Settings, variable string, parse func(string) (T, error), to *Optional[T]) {
	text := env.Get(variable)
	if text == "" || to.Given {
		return
	}
	v, err := parse(text)
	if err != nil {
		s.Fault("%s: %w", variable, err)
		return
	}
	to.Set(v)
}

// parseVariable parses the value of a variable, and records a fault if it is invalid.
func parseVariable[T any](s *Settings, variable, value string, parse func(string) (T, error), to *T) {
	v, err := parse(value)
	if err != nil {
		s.Fault("%s: %w", variable, err)
	}
	*to = v
}

// environmentToken sets the token from the first variable that is set: APPTUIT_API_TOKEN,
// APPTUIT_API_TOKEN_FILE, or the deprecated APPTUIT_PY_TOKEN of apptuit-py.
func (s *Settings) environmentToken() {
	token, file, old := env.Get("APPTUIT_API_TOKEN"), env.Get("APPTUIT_API_TOKEN_FILE"), env.Get("APPTUIT_PY_TOKEN")
	switch {
	case token != "":
		s.setToken("APPTUIT_API_TOKEN", token)
	case file != "":
		s.setTokenFile("APPTUIT_API_TOKEN_FILE", file)
	case old != "":
		s.deprecated("APPTUIT_PY_TOKEN", "APPTUIT_API_TOKEN")
		s.setToken("APPTUIT_PY_TOKEN", old)
	}
}

func (s *Settings) environmentTags() {
	name, text := "APPTUIT_TAGS", env.Get("APPTUIT_TAGS")
	if text == "" {
		if text = env.Get("APPTUIT_PY_TAGS"); text != "" {
			name = "APPTUIT_PY_TAGS"
			s.deprecated(name, "APPTUIT_TAGS")
		}
	}
	parseVariable(s, name, text, encoding.ParseTags, &s.Points.envTags)
}

func (s *Settings) deprecated(old, name string) {
	notify.Call(s.Warn, fmt.Errorf("apptuit: the environment variable %s is deprecated: use %s", old, name))
}

// environmentSpool sets the spool of APPTUIT_SPOOL_DIR, and adds to this spool or that of
// WithSpool the limits that no option has set. An invalid variable is a fault even if
// WithoutSpool ignores the spool.
func (s *Settings) environmentSpool() {
	spool := s.Spool
	if dir := env.Get("APPTUIT_SPOOL_DIR"); dir != "" && spool == nil {
		spool = NewSpoolSettings(dir)
		spool.openOnFirstSend = true
		if v := env.Get("APPTUIT_SPOOL_INSTANCES"); v != "" {
			parseVariable(s, "APPTUIT_SPOOL_INSTANCES", v, encoding.ParseBool, &spool.Instances)
		}
		if !s.Ignore.Spool {
			s.Spool = spool
		}
	}
	if spool == nil {
		return
	}
	fromVariable(s, "APPTUIT_SPOOL_MAX_BYTES", parseSize, &spool.Bytes)
	fromVariable(s, "APPTUIT_SPOOL_MAX_AGE", parseAge, &spool.Age)
	if v := env.Get("APPTUIT_SPOOL_INSECURE_DIR"); v != "" && !spool.Insecure {
		parseVariable(s, "APPTUIT_SPOOL_INSECURE_DIR", v, encoding.ParseBool, &spool.Insecure)
	}
}

// parseTimeout parses a Go duration such as "30s", or a number of seconds, which apptuit-py
// uses.
func parseTimeout(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if seconds, numErr := strconv.ParseFloat(s, 64); numErr == nil && math.Abs(seconds) < math.MaxInt64/float64(time.Second) {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q must be a positive duration such as 30s, or a number of seconds", s)
	}
	return d, nil
}
