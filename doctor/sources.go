// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"net/url"
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// setting is a setting, and the options and variables that set it.
type setting struct {
	name      string   // in the report
	options   []string // its names in [WithSource]
	variables []string // the first one that is set is in effect; later ones may be deprecated
	standard  bool     // there is a default, which docs/settings.md describes
	secret    table.Secrecy
	kind      table.Type
	flips     table.Switch // the value that the option and the variable of a flag set
}

// settings returns the settings that have a variable: the settings of the exporter, settings of the
// SDK, and the proxies of net/http. If several rows have the same name, the first row that is set is
// in effect.
func settings() []setting {
	var all []setting
	for _, s := range table.WithVariables() {
		switch s.Name {
		case "token": // a token file of an option overrides the variable of the token
			all = append(all,
				setting{name: "token", options: []string{"token"}, secret: table.SecretValue},
				setting{name: "token", options: []string{"token_file"}, secret: table.SecretFile},
				setting{name: "token", variables: []string{s.Variable}, secret: table.SecretValue})
			continue
		case "token_file":
			all = append(all,
				setting{name: "token", variables: []string{s.Variable}, secret: table.SecretFile},
				setting{name: "token", variables: []string{"APPTUIT_PY_TOKEN"}, standard: true, secret: table.SecretValue})
			continue
		}
		row := setting{
			name: s.Name, options: []string{s.Name}, variables: []string{s.Variable},
			standard: s.Default != "", secret: s.Secret, kind: s.Type, flips: s.Switch,
		}
		if s.Deprecated != "" {
			row.variables = append(row.variables, s.Deprecated)
		}
		all = append(all, row)
	}
	one := func(name string) []string { return []string{name} }
	return append(all,
		setting{name: "exporters", variables: one(exporterVariable)},
		setting{name: "config file", variables: one(configFileVariable)},
		setting{name: "export interval", variables: one(intervalVariable), standard: true},
		setting{name: "export timeout", variables: one(timeoutVariable), standard: true},
		setting{name: "service name", variables: one("OTEL_SERVICE_NAME")},
		setting{name: "resource", variables: one("OTEL_RESOURCE_ATTRIBUTES")},
		setting{name: "https proxy", variables: []string{"HTTPS_PROXY", "https_proxy"}, secret: table.SecretInURL},
		setting{name: "http proxy", variables: []string{"HTTP_PROXY", "http_proxy"}, secret: table.SecretInURL},
		setting{name: "no proxy for", variables: []string{"NO_PROXY", "no_proxy"}},
	)
}

// source is an option or a variable that sets a setting, with its value.
type source struct {
	setting string // of an option: the name in the table of settings
	name    string // of the option or variable
	value   string
	option  bool
}

// sources returns the sources of a setting. The first of them is in effect. An option without an
// argument can set only one value of a flag, so a source of such an option with the other value is
// left out.
func (s *setting) sources(r *run) []source {
	var all []source
	for _, from := range r.sources {
		on, err := encoding.ParseBool(from.value)
		idle := s.kind == table.Flag && err == nil && on != (s.flips == table.On)
		if slices.Contains(s.options, from.setting) && from.value != "" && !idle {
			all = append(all, from)
		}
	}
	for _, name := range s.variables {
		value := r.lookup(name)
		if on, err := encoding.ParseBool(value); err == nil && s.flips == table.Disable {
			value = map[bool]string{true: "no", false: "yes"}[on]
		}
		if value != "" {
			all = append(all, source{name: name, value: value})
		}
	}
	return all
}

// owner returns the name of the source, or "the program" if an option has set the value and the
// source is not known.
func (s source) owner() string {
	if s.name == "" {
		return "the program"
	}
	return s.name
}

// inEffect returns the first setting that has one of the names and is set, and the source that is in
// effect. It returns zero values if none is set.
func (r *run) inEffect(names ...string) (setting, source) {
	for _, s := range settings() {
		if !slices.Contains(names, s.name) {
			continue
		}
		if all := s.sources(r); len(all) > 0 {
			return s, all[0]
		}
	}
	return setting{}, source{}
}

// show returns a value for the report, without secrets.
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

// showURL returns a URL without the parts that may contain a secret.
func showURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "not a URL (not shown, because it may contain a secret)"
	}
	if u.User == nil && u.RawQuery == "" {
		return text
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() + " (user, password and query are not shown)"
}
