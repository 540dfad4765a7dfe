// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/url"
	"slices"
	"strings"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// setting is something that a user can set, and where.
type setting struct {
	name      string
	flag      string   // of the doctor, in the place of the option; overrides the variables
	variables []string // the first that is set is in effect; later ones may be deprecated
	standard  string   // what is in effect if nothing is set; empty: there is nothing to say
	secret    table.Secrecy
	layered   bool // values with lower priority are in effect, too, unless they are overridden
}

// settings are the settings of the exporter that have a variable, those of the SDK and the
// proxies, with the doctor's flags.
func settings() []setting {
	flags := map[string]string{"endpoint": "endpoint", "server": "server", "user_id": "user", "tags": "tags", "compression": "compression", "proxy_url": "proxy"}
	var all []setting
	for _, s := range table.WithVariables() {
		switch s.Name {
		case "token": // the file overrides only the deprecated variable
			all = append(all,
				setting{name: "token", flag: "token-file", secret: table.SecretFile},
				setting{name: "token", variables: []string{s.Variable}, secret: table.SecretValue})
			continue
		case "token_file":
			all = append(all,
				setting{name: "token", variables: []string{s.Variable}, secret: table.SecretFile},
				setting{name: "token", variables: []string{"APPTUIT_PY_TOKEN"}, standard: "none", secret: table.SecretValue})
			continue
		}
		row := setting{
			name: s.Name, flag: flags[s.Name], variables: []string{s.Variable}, standard: strings.ReplaceAll(s.Default, "`", ""),
			secret: s.Secret, layered: s.Type == table.KeyValues,
		}
		if s.Deprecated != "" {
			row.variables = append(row.variables, s.Deprecated)
		}
		all = append(all, row)
	}
	one := func(name string) []string { return []string{name} }
	return append(all,
		setting{name: "export interval", variables: one("OTEL_METRIC_EXPORT_INTERVAL"), standard: "60000 ms"},
		setting{name: "export timeout", variables: one("OTEL_METRIC_EXPORT_TIMEOUT"), standard: "30000 ms"},
		setting{name: "service name", variables: one("OTEL_SERVICE_NAME")},
		setting{name: "resource", variables: one("OTEL_RESOURCE_ATTRIBUTES")},
		setting{name: "https proxy", variables: []string{"HTTPS_PROXY", "https_proxy"}, secret: table.SecretInURL},
		setting{name: "http proxy", variables: []string{"HTTP_PROXY", "http_proxy"}, secret: table.SecretInURL},
		setting{name: "no proxy for", variables: []string{"NO_PROXY", "no_proxy"}},
	)
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
	case table.SecretValue:
		return "is set"
	case table.SecretFile:
		return "in the file " + value
	case table.SecretInURL:
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
