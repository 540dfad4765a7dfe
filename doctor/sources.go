// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"
	"strings"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// checkSettings reports which settings are set, and by which option or variable.
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
		rows := groups[name]
		if !reportSetting(r, f.about(name), rows) && rows[len(rows)-1].standard {
			standards = append(standards, name)
		}
	}
	f.about("defaults").ok("not set, as docs/settings.md describes: %s", strings.Join(standards, ", "))
	reportOTLP(r, f)
}

// reportSetting reports one setting. It returns false if nothing sets it.
func reportSetting(r *run, f *findings, rows []setting) bool {
	text, first, firstIsOption := "", "", false
	for _, s := range rows {
		for _, from := range s.sources(r) {
			switch {
			case first == "":
				first, firstIsOption, text = from.name, from.option, s.show(from.value)+", from "+from.name
			case s.kind == table.KeyValues && firstIsOption:
				text += ", and below them those of " + from.name + ": " + s.show(from.value)
				first, firstIsOption = from.name, from.option
			default:
				text += "; " + first + " beats " + from.name
			}
		}
	}
	if text != "" {
		f.ok("%s", text)
	}
	return text != ""
}

// reportOTLP names the variables of OTLP exporters.
func reportOTLP(r *run, f *findings) {
	var names []string
	for _, v := range r.environ {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_") && value != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		f.about("otlp").ok("%s: for OTLP exporters, not for this one (docs/migration.md)", strings.Join(names, ", "))
	}
}
