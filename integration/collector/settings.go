// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// setting is a key of the configuration and the option of apptuitclient that it sets. The
// function option returns nil if the key is not set.
type setting struct {
	key     string
	name    string // of the option
	option  func(*Config) (apptuitclient.Option, error)
	atStart bool // the option reads a file, so that it is checked only at the start
}

// settings lists the keys that set options of the client. Validate checks them one by one, and
// clientOptions sets all of them. The keys of the conversion are in names and layout.
func settings() []setting {
	return []setting{
		{key: "endpoint", name: "WithEndpoint", option: func(cfg *Config) (apptuitclient.Option, error) {
			if strings.TrimSpace(cfg.ClientConfig.Endpoint) == "" {
				return nil, fmt.Errorf("is empty: write the URL of the server, for example http://localhost:4242, or leave the key out for %s",
					apptuitclient.DefaultEndpoint)
			}
			return apptuitclient.WithEndpoint(cfg.ClientConfig.Endpoint), nil
		}},
		{key: "timeout", name: "WithTimeout", option: func(cfg *Config) (apptuitclient.Option, error) {
			return apptuitclient.WithTimeout(cfg.ClientConfig.Timeout), nil
		}},
		{key: "compression", name: "WithCompression", option: func(cfg *Config) (apptuitclient.Option, error) {
			if cfg.ClientConfig.Compression == "" { // means none, as in confighttp
				return apptuitclient.WithCompression(apptuitclient.CompressionNone), nil
			}
			c, err := apptuitclient.ParseCompression(string(cfg.ClientConfig.Compression))
			return apptuitclient.WithCompression(c), withoutKind(err)
		}},
		{key: "headers", name: "WithHeaders", option: func(cfg *Config) (apptuitclient.Option, error) {
			headers := make(map[string]string, len(cfg.ClientConfig.Headers))
			for name, value := range cfg.ClientConfig.Headers.Iter {
				headers[name] = string(value)
			}
			return apptuitclient.WithHeaders(headers), nil
		}},
		{key: "token", name: "WithToken", option: func(cfg *Config) (apptuitclient.Option, error) {
			return apptuitclient.WithToken(string(cfg.Token)), nil
		}},
		{key: "token_file", name: "WithTokenFile", atStart: true, option: func(cfg *Config) (apptuitclient.Option, error) {
			if cfg.TokenFile == "" {
				return nil, nil
			}
			return apptuitclient.WithTokenFile(cfg.TokenFile), nil
		}},
		{key: "user_id", name: "WithUserID", option: func(cfg *Config) (apptuitclient.Option, error) {
			return apptuitclient.WithUserID(cfg.UserID), nil
		}},
		{key: "sanitize_mode", name: "WithSanitizeMode", option: func(cfg *Config) (apptuitclient.Option, error) {
			mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
			return apptuitclient.WithSanitizeMode(mode), withoutKind(err)
		}},
		{key: "tags", name: "WithTags", option: func(cfg *Config) (apptuitclient.Option, error) {
			names, _ := cfg.names() // an unknown mode is the fault of its own key
			_, err := names.Layer(model.TagsOf(nil, cfg.Tags))
			return apptuitclient.WithTags(cfg.Tags), err
		}},
		{key: "server", name: "WithServer", option: named(func(cfg *Config) string { return cfg.Server }, apptuitclient.ParseServer, apptuitclient.WithServer)},
		{key: "tag_values", name: "WithTagValueRule", option: named(func(cfg *Config) string { return cfg.TagValues }, encoding.ParseTagValueRule, apptuitclient.WithTagValueRule)},
		{key: "max_tags", name: "WithMaxTags", option: func(cfg *Config) (apptuitclient.Option, error) {
			if cfg.MaxTags == 0 {
				return nil, nil
			}
			return apptuitclient.WithMaxTags(cfg.MaxTags), nil
		}},
		{
			key: "timestamp_resolution", name: "WithTimestampResolution",
			option: named(func(cfg *Config) string { return cfg.TimestampResolution }, apptuitclient.ParseTimestampResolution, apptuitclient.WithTimestampResolution),
		},
		{key: "sync_timeout", name: "WithSync", option: func(cfg *Config) (apptuitclient.Option, error) {
			if cfg.SyncTimeout == 0 {
				return nil, nil
			}
			return apptuitclient.WithSync(cfg.SyncTimeout), nil
		}},
		{key: "max_batch_points", name: "WithMaxBatchPoints", option: func(cfg *Config) (apptuitclient.Option, error) {
			return apptuitclient.WithMaxBatchPoints(cfg.MaxBatchPoints), nil
		}},
		{key: "max_batch_bytes", name: "WithMaxBatchBytes", option: func(cfg *Config) (apptuitclient.Option, error) {
			return apptuitclient.WithMaxBatchBytes(cfg.MaxBatchBytes), nil
		}},
	}
}

// named returns the function for a key whose value is a name. An empty value sets no option.
func named[T any](value func(*Config) string, parse func(string) (T, error), option func(T) apptuitclient.Option) func(*Config) (apptuitclient.Option, error) {
	return func(cfg *Config) (apptuitclient.Option, error) {
		name := value(cfg)
		if name == "" {
			return nil, nil
		}
		v, err := parse(name)
		return option(v), withoutKind(err)
	}
}

// clientOptions returns the options of all keys.
func (cfg *Config) clientOptions() ([]apptuitclient.Option, error) {
	var options []apptuitclient.Option
	for _, s := range settings() {
		option, err := s.option(cfg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.key, err)
		}
		options = append(options, option)
	}
	return options, nil
}

// tryOption creates a client with the options, and returns its error without the name of the
// option.
func tryOption(name string, options ...apptuitclient.Option) error {
	quiet := apptuitclient.WithWarningHandler(func(error) {})
	// Tags are checked with their sanitize mode elsewhere, and a user without a token in
	// validateCredentials.
	mode := apptuitclient.WithSanitizeMode(encoding.SanitizePrometheus)
	token := apptuitclient.WithTokenSource(noToken)
	if name == "WithToken" || name == "WithHeaders" {
		token = nil
	}
	options = append([]apptuitclient.Option{apptuitclient.WithoutEnvironment(), quiet, apptuitclient.WithEndpoint("http://localhost"), mode, token}, options...)
	client, err := apptuitclient.New(options...)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "apptuit: configuration: ")
		text, _, _ = strings.Cut(text, " (With") // the options and variables that could set the value
		return &optionError{text: strings.ReplaceAll(text, name+": ", ""), cause: err}
	}
	return client.Close()
}

// withoutKind returns an error of an invalid name without the words before the name, since the
// key says the same. For example, `server "tsdb": must be …` becomes `"tsdb": must be …`.
func withoutKind(err error) error {
	if err == nil {
		return nil
	}
	return &optionError{text: err.Error()[max(0, strings.Index(err.Error(), `"`)):], cause: err}
}

// tryServer returns an error if the server does not accept the compression or the resolution
// of timestamps. Each key must be valid by itself.
func (cfg *Config) tryServer() error {
	var options []apptuitclient.Option
	for _, s := range settings() {
		switch s.key {
		case "server", "compression", "timestamp_resolution":
			option, err := s.option(cfg)
			if err != nil {
				return err
			}
			options = append(options, option)
		}
	}
	return tryOption("WithServer", options...)
}

func noToken(context.Context) (string, error) { return "", nil }

// optionError is an error without the name of the option. Users know the key of the
// configuration, which the caller adds.
type optionError struct {
	text  string
	cause error
}

func (e *optionError) Error() string { return e.text }

func (e *optionError) Unwrap() error { return e.cause }
