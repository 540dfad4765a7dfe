// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/explain"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// requirement is a condition that settings need to have an effect.
type requirement struct {
	settings []string
	of       string            // the name of the setting that decides
	met      func(string) bool // reports whether its value meets the condition; "" means that it is not set
	because  string            // completes "… has no effect: "
	advice   string
}

func requirements() []requirement {
	is := func(name string) func(string) bool {
		return func(value string) bool { return strings.EqualFold(value, name) }
	}
	not := func(name string) func(string) bool {
		return func(value string) bool { return !strings.EqualFold(value, name) }
	}
	const remove = "Remove it, or set "
	return []requirement{
		{inGroup(table.Reporter, "layout"), "layout", is("reporter"), "only the reporter layout uses it", remove + "APPTUIT_LAYOUT=reporter, or WithLayout in the program."},
		{[]string{"start_points"}, "layout", not("reporter"), "the reporter layout has no start points", remove + "APPTUIT_LAYOUT=default, or WithLayout in the program."},
		{[]string{"histograms", "quantiles", "sparse_buckets"}, "layout", not("reporter"), "the reporter layout sends other statistics of histograms", remove + "APPTUIT_LAYOUT=default, or WithLayout in the program."},
		{[]string{"quantiles"}, "histograms", not("buckets"), "histograms are sent as buckets", remove + "APPTUIT_HISTOGRAMS to another value, or WithHistograms in the program."},
		{[]string{"sparse_buckets"}, "histograms", not("quantiles"), "histograms are sent as quantiles", remove + "APPTUIT_HISTOGRAMS to another value, or WithHistograms in the program."},
		{inGroup(table.Spool, "spool.directory"), "spool.directory", not(""), "there is no spool", remove + "APPTUIT_SPOOL_DIR."},
	}
}

// inGroup returns the names of the settings of a group that have a variable, without one of them.
func inGroup(g table.Group, except string) []string {
	var names []string
	for _, s := range table.WithVariables() {
		if s.Group == g && s.Name != except {
			names = append(names, s.Name)
		}
	}
	return names
}

// ineffective is a setting that has no effect because of another setting.
type ineffective struct {
	setting, from   string // from is the option or variable that sets it
	because, advice string
}

// withoutEffect returns the settings that have no effect, each once.
func (r *run) withoutEffect() []ineffective {
	var all []ineffective
	for _, q := range requirements() {
		if value, known := r.decision(q.of); !known || q.met(value) {
			continue
		}
		for _, name := range q.settings {
			s, set := r.inEffect(name)
			listed := slices.ContainsFunc(all, func(i ineffective) bool { return i.setting == name })
			if set.name != "" && !listed && !disabled(s.kind, set.value) {
				all = append(all, ineffective{name, set.name, q.because, q.advice})
			}
		}
	}
	return all
}

// decision returns the value of a setting that decides whether others have an effect, "" if it is not
// set. The exporter knows its value, whether an option, a variable or the default sets it. If a fault
// of the configuration prevents the exporter, the value is not known if options without a source may
// set it.
func (r *run) decision(name string) (value string, known bool) {
	if r.exporter != nil {
		if value, known = explain.ChoicesOf(r.exporter)[name]; known {
			return value, true
		}
	}
	s, from := r.inEffect(name)
	return from.value, s.name != "" || len(r.exporterOptions) == 0 || name == "spool.directory"
}

// checkEffect reports settings that have no effect because of another setting.
func checkEffect(_ context.Context, r *run, f *findings) {
	for _, i := range r.withoutEffect() {
		f.about(i.setting).warn(i.advice, "%s has no effect: %s", i.from, i.because)
	}
}

// disabled reports whether a text disables a flag, which then needs no effect.
func disabled(kind table.Type, text string) bool {
	on, err := encoding.ParseBool(text)
	return (kind == table.Flag || kind == table.FlagOrNames) && err == nil && !on
}
