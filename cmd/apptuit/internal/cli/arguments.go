// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// AtLeastOne requires an argument, and names it in the error, for example "METRIC is missing".
func AtLeastOne(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s is missing", name)
		}
		return nil
	}
}

// ExactlyOne requires one argument.
func ExactlyOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := AtLeastOne(name)(c, args); err != nil {
			return err
		}
		return AtMostOne(name)(c, args)
	}
}

// AtMostOne refuses a second argument.
func AtMostOne(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("one %s is expected, and there are %d arguments", name, len(args))
		}
		return nil
	}
}
