// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/notify"
)

// environment reads what no option has set. An empty variable is an unset one.
func (c *config) environment() {
	if v := env.Get("APPTUIT_ENDPOINT"); v != "" && c.endpoint == nil {
		c.setEndpoint("APPTUIT_ENDPOINT", v)
	}
	if !c.authorizationHeader() {
		if v := env.Get("APPTUIT_USER_ID"); v != "" && c.creds.user == "" {
			c.setUser("APPTUIT_USER_ID", v)
		}
		if c.tokenOptions == 0 {
			c.environmentToken()
		}
	}
	if !c.noEnvTags {
		c.environmentTags()
	}
	if v := env.Get("APPTUIT_SANITIZE_MODE"); v != "" && !c.modeSet {
		mode, err := encoding.ParseSanitizeMode(v)
		if err != nil {
			c.fault("APPTUIT_SANITIZE_MODE: %w", err)
		}
		c.mode = mode
	}
	if v := env.Get("APPTUIT_COMPRESSION"); v != "" && !c.compressionSet {
		compression, err := ParseCompression(v)
		if err != nil {
			c.fault("APPTUIT_COMPRESSION: %w", err)
		}
		c.compression = compression
	}
	c.environmentSpool()
	if v := env.Get("APPTUIT_TIMEOUT"); v != "" && !c.timeoutSet {
		d, err := parseTimeout(v)
		if err != nil {
			c.fault("APPTUIT_TIMEOUT: %w", err)
		}
		c.timeout = d
	}
}

func (c *config) environmentToken() {
	token, file, old := env.Get("APPTUIT_API_TOKEN"), env.Get("APPTUIT_API_TOKEN_FILE"), env.Get("APPTUIT_PY_TOKEN")
	switch {
	case token != "":
		c.setToken("APPTUIT_API_TOKEN", token)
	case file != "":
		c.setTokenFile("APPTUIT_API_TOKEN_FILE", file)
	case old != "":
		c.deprecated("APPTUIT_PY_TOKEN", "APPTUIT_API_TOKEN")
		c.setToken("APPTUIT_PY_TOKEN", old)
	}
}

func (c *config) environmentTags() {
	name, text := "APPTUIT_TAGS", env.Get("APPTUIT_TAGS")
	if text == "" {
		if text = env.Get("APPTUIT_PY_TAGS"); text != "" {
			name = "APPTUIT_PY_TAGS"
			c.deprecated(name, "APPTUIT_TAGS")
		}
	}
	tags, err := encoding.ParseTags(text)
	if err != nil {
		c.fault("%s: %w", name, err)
	}
	c.envTags = tags
}

func (c *config) deprecated(old, name string) {
	notify.Call(c.warn, fmt.Errorf("apptuit: the environment variable %s is deprecated: use %s", old, name))
}

// parseTimeout reads "30s", or a number of seconds as apptuit-py has time-outs.
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
