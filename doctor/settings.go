// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"
	"strings"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// checkSettings reports the settings that are set, and the option or variable that sets each of them.
func checkSettings(_ context.Context, r *run, f *findings) {
	var names []string
	groups := map[string][]setting{} // by name
	for _, s := range settings() {
		if groups[s.name] == nil {
			names = append(names, s.name)
		}
		groups[s.name] = append(groups[s.name], s)
	}
	var standards []string
	for _, name := range names {
		if r.ignoredBySDK(name) {
			continue
		}
		rows := groups[name]
		if !reportSetting(r, f.about(name), rows) && rows[len(rows)-1].standard {
			standards = append(standards, name)
		}
	}
	f.about("defaults").ok("not set, their defaults apply (docs/settings.md): %s", strings.Join(standards, ", "))
	reportOTLP(r, f)
}

// reportSetting reports one setting, which can have several rows. It returns false if the setting is
// not set.
func reportSetting(r *run, f *findings, rows []setting) bool {
	text, first, firstIsOption := "", "", false
	for _, s := range rows {
		for _, from := range s.sources(r) {
			switch {
			case first == "":
				first, firstIsOption, text = from.name, from.option, s.show(from.value)+", from "+from.name
			case s.kind == table.KeyValues && firstIsOption:
				text += "; they override single tags of " + from.name + ": " + s.show(from.value)
				first, firstIsOption = from.name, from.option
			default:
				text += "; " + first + " overrides " + from.name
			}
		}
	}
	if text != "" {
		f.ok("%s", text)
	}
	return text != ""
}

// reportOTLP reports the variables of OTLP exporters, which this exporter does not read.
func reportOTLP(r *run, f *findings) {
	var names []string
	for _, v := range r.environ {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_") && value != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		f.about("otlp").ok("only OTLP exporters read %s (docs/migration.md)", strings.Join(names, ", "))
	}
}
