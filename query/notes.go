// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

// Notes are the warnings of a server about its answer.
type Notes struct {
	// Warnings and Infos are the warnings and infos of Prometheus' API, without duplicates.
	Warnings, Infos []string
	// Partial reports whether the server could not read all of its data, so that points may
	// be missing or wrong. It is isPartial in the answer of VictoriaMetrics.
	Partial bool
}

// noted collects the notes of several answers, without duplicates.
type noted struct {
	Notes
	warned, informed map[string]bool
}

// note adds notes.
func (n *noted) note(more Notes) {
	n.Partial = n.Partial || more.Partial
	n.Warnings = addNew(n.Warnings, &n.warned, more.Warnings)
	n.Infos = addNew(n.Infos, &n.informed, more.Infos)
}

// addNew appends the texts that are not in seen, and adds them to seen.
func addNew(texts []string, seen *map[string]bool, more []string) []string {
	for _, text := range more {
		if (*seen)[text] {
			continue
		}
		if *seen == nil {
			*seen = make(map[string]bool)
		}
		(*seen)[text] = true
		texts = append(texts, text)
	}
	return texts
}
