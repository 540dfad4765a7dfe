// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// tree is a program with a subcommand that returns an error.
func tree(err error) *cobra.Command {
	root := &cobra.Command{Use: "program"}
	sub := &cobra.Command{Use: "work", Args: cobra.MaximumNArgs(1), RunE: func(*cobra.Command, []string) error { return err }}
	sub.Flags().Int("n", 0, "")
	AddChoice(sub, "output", "o", "Format", "text", "json")
	root.AddCommand(sub)
	return root
}

func TestRun_ExitCodes(t *testing.T) {
	t.Parallel()
	failure := errors.New("the disk is full")
	for _, c := range []struct {
		args   string
		err    error
		code   int
		stderr string
	}{
		{"work", nil, OK, ""},
		{"work", failure, Failed, "program work: the disk is full\n"},
		{"work", ErrFailed, Failed, ""},
		{"work", fmt.Errorf("after all: %w", Usagef("no query")), Misused, "program work: after all: no query\nprogram work --help shows flags and examples\n"},
		{"work", Usage(nil), OK, ""},
		{"work --n x", nil, Misused, `invalid argument "x" for "--n" flag`},
		{"work --output xml", nil, Misused, "must be text or json"},
		{"work a b", nil, Misused, "accepts at most 1 arg(s), received 2"},
		{"werk", nil, Misused, `unknown command "werk" for "program"`},
		{"", nil, OK, ""},
		{"help work", nil, OK, ""},
	} {
		var stdout, stderr strings.Builder
		code := Run(t.Context(), tree(c.err), strings.Fields(c.args), nil, &stdout, &stderr)
		if code != c.code || !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%q with %v: exit code %d, want %d; %q, want %q", c.args, c.err, code, c.code, stderr.String(), c.stderr)
		}
	}
}

func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for err, code := range map[error]int{context.Canceled: Interrupted, ErrFailed: Interrupted, nil: OK, Usagef("x"): Misused} {
		var stderr strings.Builder
		if got := Run(ctx, tree(err), []string{"work"}, nil, &stderr, &stderr); got != code {
			t.Errorf("%v: exit code %d, want %d", err, got, code)
		}
	}
}

func TestOr(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := Or(names); got != want {
			t.Errorf("%q: %q, want %q", names, got, want)
		}
	}
}
