// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/query"
)

// say reports the remarks of the server about its answer on stderr.
func say(c *cobra.Command, n query.Notes) {
	if n.Partial {
		cli.Say(c, "the answer is partial: the server could not read all data")
	}
	for _, w := range n.Warnings {
		cli.Say(c, "the server warns: %s", w)
	}
	for _, i := range n.Infos {
		cli.Say(c, "the server notes: %s", i)
	}
}

// notes are the remarks of the server, in JSON.
type notes struct {
	Partial  bool     `json:"partial"`
	Warnings []string `json:"warnings"`
	Infos    []string `json:"infos"`
}

func notesOf(n query.Notes) notes {
	return notes{n.Partial, append([]string{}, n.Warnings...), append([]string{}, n.Infos...)}
}

// gather adds the remarks about another answer.
func gather(all *query.Notes, n query.Notes) {
	add := func(to *[]string, texts []string) {
		for _, text := range texts {
			if !slices.Contains(*to, text) {
				*to = append(*to, text)
			}
		}
	}
	all.Partial = all.Partial || n.Partial
	add(&all.Warnings, n.Warnings)
	add(&all.Infos, n.Infos)
}
