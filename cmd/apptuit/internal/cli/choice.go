// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Choice is a flag that takes one of some values.
type Choice struct {
	value   string
	choices []string
}

// AddChoice adds a flag that takes one of choices to a command, and completes it in shells. The
// first choice is the default. A shorthand of "" means that the flag has none.
func AddChoice(c *cobra.Command, name, shorthand, usage string, choices ...string) *Choice {
	f := &Choice{value: choices[0], choices: choices}
	c.Flags().VarP(f, name, shorthand, usage+": "+Or(choices))
	// It fails only for a flag that does not exist, or has a function already.
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	return f
}

// String returns the value.
func (f *Choice) String() string { return f.value }

// Set sets the value.
func (f *Choice) Set(text string) error {
	if !slices.Contains(f.choices, text) {
		return fmt.Errorf("must be %s", Or(f.choices))
	}
	f.value = text
	return nil
}

// Type names the value in the help.
func (f *Choice) Type() string { return "NAME" }

// Or lists names.
func Or(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
