// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Choice is the value of a flag that takes one of several names.
type Choice struct {
	value   string
	choices []string
}

// AddChoice adds a flag to a command that takes one of choices, and completes it in shells. The first
// choice is the default. An empty shorthand adds none.
func AddChoice(c *cobra.Command, name, shorthand, usage string, choices ...string) *Choice {
	f := &Choice{value: choices[0], choices: choices}
	c.Flags().VarP(f, name, shorthand, usage+": "+Or(choices))
	// It fails only for a flag that does not exist, or has a function already.
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	return f
}

// String returns the name that was chosen.
func (f *Choice) String() string { return f.value }

// Set chooses a name.
func (f *Choice) Set(text string) error {
	if !slices.Contains(f.choices, text) {
		return fmt.Errorf("must be %s", Or(f.choices))
	}
	f.value = text
	return nil
}

// Type names the value in the help.
func (f *Choice) Type() string { return "NAME" }

// Or lists names, for example "a, b or c".
func Or(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
