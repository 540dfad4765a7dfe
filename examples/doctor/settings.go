// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/url"
	"slices"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// setting is something that a user can set, and where.
type setting struct {
	name      string
	flag      string   // of the doctor, in the place of the option; beats the variables
	variables []string // the first that is set is in effect; later ones may be deprecated
	standard  string   // what is in effect if nothing is set; empty: there is nothing to say
	secret    secrecy
	layered   bool // what is set further down is in effect, too, where it is not hidden
}

// secrecy is what of a value must not be seen.
type secrecy uint8

const (
	public secrecy = iota
	aToken
	aTokenFile // what is in it
	inURL      // user information and query
)

// settings are all variables that are read, and the flags that beat them. A new
// variable is a new row; a test compares them with those that are documented.
func settings() []setting {
	one := func(name string) []string { return []string{name} }
	return []setting{
		{name: "endpoint", flag: "endpoint", variables: one("APPTUIT_ENDPOINT"), standard: apptuitclient.DefaultEndpoint, secret: inURL},
		{name: "server", flag: "server", variables: one("APPTUIT_SERVER"), standard: "apptuit for the default endpoint, otherwise generic"},
		{name: "token", flag: "token-file", secret: aTokenFile},
		{name: "token", variables: one("APPTUIT_API_TOKEN"), secret: aToken},
		{name: "token", variables: one("APPTUIT_API_TOKEN_FILE"), secret: aTokenFile},
		{name: "token", variables: one("APPTUIT_PY_TOKEN"), standard: "none", secret: aToken},
		{name: "user", flag: "user", variables: one("APPTUIT_USER_ID")},
		{name: "tags", flag: "tags", variables: []string{"APPTUIT_TAGS", "APPTUIT_PY_TAGS"}, standard: "none", layered: true},
		{name: "no host tag", variables: one("APPTUIT_DISABLE_HOST_TAG"), standard: "no"},
		{name: "scope tags", variables: one("APPTUIT_SCOPE_TAGS"), standard: "yes, in the reporter layout no"},
		{name: "prefix", variables: one("APPTUIT_PREFIX")},
		{name: "sanitize mode", variables: one("APPTUIT_SANITIZE_MODE"), standard: "prometheus"},
		{name: "tag values", variables: one("APPTUIT_TAG_VALUES"), standard: "the server's"},
		{name: "max tags", variables: one("APPTUIT_MAX_TAGS"), standard: "the server's"},
		{name: "timestamps", variables: one("APPTUIT_TIMESTAMP_RESOLUTION"), standard: "the server's"},
		{name: "temporality", variables: one("APPTUIT_TEMPORALITY_PREFERENCE"), standard: "cumulative"},
		{name: "histograms", variables: one("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION"), standard: "explicit_bucket_histogram"},
		{name: "layout", variables: one("APPTUIT_LAYOUT"), standard: "default"},
		{name: "histograms as", variables: one("APPTUIT_HISTOGRAMS"), standard: "recorded"},
		{name: "quantiles", variables: one("APPTUIT_QUANTILES"), standard: "0.5,0.75,0.95,0.99,0.999"},
		{name: "sparse buckets", variables: one("APPTUIT_SPARSE_BUCKETS"), standard: "no"},
		{name: "timers", variables: one("APPTUIT_TIMERS"), standard: "unit"},
		{name: "duration unit", variables: one("APPTUIT_DURATION_UNIT"), standard: "s"},
		{name: "meters", variables: one("APPTUIT_METERS"), standard: "no"},
		{name: "prometheus names", variables: one("APPTUIT_PROMETHEUS_NAMES"), standard: "no"},
		{name: "start points", variables: one("APPTUIT_START_POINTS"), standard: "no"},
		{name: "target info", variables: one("APPTUIT_TARGET_INFO"), standard: "no"},
		{name: "usage metrics", variables: one("APPTUIT_USAGE_METRICS"), standard: "no"},
		{name: "cardinality warning", variables: one("APPTUIT_CARDINALITY_WARNING"), standard: "0"},
		{name: "compression", flag: "compression", variables: one("APPTUIT_COMPRESSION"), standard: "gzip"},
		{name: "request timeout", variables: one("APPTUIT_TIMEOUT"), standard: "60s"},
		{name: "spool", variables: one("APPTUIT_SPOOL_DIR"), standard: "none"},
		{name: "spool shared", variables: one("APPTUIT_SPOOL_INSTANCES"), standard: "no"},
		{name: "spool size", variables: one("APPTUIT_SPOOL_MAX_BYTES"), standard: "512MiB"},
		{name: "spool age", variables: one("APPTUIT_SPOOL_MAX_AGE"), standard: "24h"},
		{name: "spool insecure", variables: one("APPTUIT_SPOOL_INSECURE_DIR"), standard: "no"},
		{name: "export interval", variables: one("OTEL_METRIC_EXPORT_INTERVAL"), standard: "60000 ms"},
		{name: "export timeout", variables: one("OTEL_METRIC_EXPORT_TIMEOUT"), standard: "30000 ms"},
		{name: "service name", variables: one("OTEL_SERVICE_NAME")},
		{name: "resource", variables: one("OTEL_RESOURCE_ATTRIBUTES")},
		{name: "proxy", flag: "proxy", secret: inURL},
		{name: "https proxy", variables: []string{"HTTPS_PROXY", "https_proxy"}, secret: inURL},
		{name: "http proxy", variables: []string{"HTTP_PROXY", "http_proxy"}, secret: inURL},
		{name: "no proxy for", variables: []string{"NO_PROXY", "no_proxy"}},
	}
}

// source is where a value comes from.
type source struct{ name, value string }

// sources are the places where a setting is set, that in effect first.
func (s *setting) sources(p *patient) []source {
	var all []source
	if value := p.flags.given[s.flag]; value != "" {
		all = append(all, source{"-" + s.flag, value})
	}
	for _, name := range s.variables {
		if value := p.lookup(name); value != "" {
			all = append(all, source{name, value})
		}
	}
	return all
}

// inEffect returns the first setting with one of the names that is set, and where it is set.
func (p *patient) inEffect(names ...string) (setting, source) {
	for _, s := range settings() {
		if !slices.Contains(names, s.name) {
			continue
		}
		if all := s.sources(p); len(all) > 0 {
			return s, all[0]
		}
	}
	return setting{}, source{}
}

// show is how a value can be shown.
func (s *setting) show(value string) string {
	switch s.secret {
	case aToken:
		return "is set"
	case aTokenFile:
		return "in the file " + value
	case inURL:
		return showURL(value)
	}
	return value
}

// showURL returns a URL without what may be secret.
func showURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "a text that is no URL"
	}
	if u.User == nil && u.RawQuery == "" {
		return text
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() + " (and what is not shown)"
}
