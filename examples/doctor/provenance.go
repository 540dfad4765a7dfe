// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"
	"strings"
)

// checkSettings says what is set and where it comes from, and what is set in vain.
func checkSettings(_ context.Context, p *patient, n *notes) {
	var names []string
	groups := map[string][]setting{} // settings of one name, which beat each other
	for _, s := range settings() {
		if groups[s.name] == nil {
			names = append(names, s.name)
		}
		groups[s.name] = append(groups[s.name], s)
	}
	var standards []string
	for _, name := range names {
		if standard := tellSetting(p, n.about(name), groups[name]); standard != "" {
			standards = append(standards, name+": "+standard)
		}
	}
	n.about("defaults").ok("%s", strings.Join(standards, "; "))
	tellOTLP(p, n)
}

// tellSetting tells of one setting, or returns its default if nothing is set.
func tellSetting(p *patient, n *notes, rows []setting) (standard string) {
	told, first := "", ""
	for _, s := range rows {
		for _, from := range s.sources(p) {
			switch {
			case first == "":
				first, told = from.name, s.show(from.value)+", from "+from.name
			case s.layered && strings.HasPrefix(first, "-"):
				told += ", and below them those of " + from.name + ": " + s.show(from.value)
				first = from.name
			default:
				told += "; " + first + " beats " + from.name
			}
		}
	}
	if told == "" {
		return rows[len(rows)-1].standard
	}
	n.ok("%s", told)
	return ""
}

// tellOTLP names variables that are for another exporter.
func tellOTLP(p *patient, n *notes) {
	var names []string
	for _, v := range p.environ {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_") && value != "" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		n.about("otlp").ok("%s: for OTLP exporters, not for this one (docs/migration.md)", strings.Join(names, ", "))
	}
}
