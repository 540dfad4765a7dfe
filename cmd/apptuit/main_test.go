// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

type outcome struct {
	Code           int
	Stdout, Stderr string
}

func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	code := cli.Run(t.Context(), root(), args, strings.NewReader(""), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

func TestHelp_ShowsEachSubcommand(t *testing.T) {
	t.Parallel()
	help := execute(t, "--help")
	if help.Code != cli.OK || help.Stderr != "" {
		t.Fatalf("%+v", help)
	}
	for _, c := range root().Commands() {
		if !strings.Contains(help.Stdout, c.Short) {
			t.Errorf("the help does not have %q", c.Short)
		}
		below := execute(t, "help", c.Name())
		if !strings.Contains(below.Stdout, c.Long) || !strings.Contains(below.Stdout, c.Example) {
			t.Errorf("help of %s: %+v", c.Name(), below)
		}
	}
	if bare := execute(t); bare.Code != cli.OK || bare.Stdout != help.Stdout {
		t.Errorf("without arguments: %+v", bare)
	}
}

// below returns all commands below a command, except the commands that cobra adds.
func below(c *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range c.Commands() {
		all = append(append(all, sub), below(sub)...)
	}
	return all
}

// Each example calls its subcommand, or a subcommand below it, with flags that exist.
func TestExamples_AreValid(t *testing.T) {
	t.Parallel()
	for _, c := range below(root()) {
		if c.Example == "" || c.Long == "" {
			t.Errorf("%s has no example, or no description", c.Name())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			args := words(t, line)
			i := slices.Index(args, "apptuit")
			if i < 0 {
				t.Errorf("%s: %q does not run apptuit", c.Name(), line)
				continue
			}
			found, rest, err := root().Find(args[i+1:])
			if err != nil || !strings.HasPrefix(found.CommandPath(), c.CommandPath()) {
				t.Errorf("%q: %v, %v", line, found.Name(), err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// The README has a section for each subcommand, and names no flag that does not exist.
func TestReadme_HasEachSubcommandAndItsFlags(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")
	for _, c := range root().Commands() {
		i := slices.IndexFunc(sections, func(s string) bool { return strings.HasPrefix(s, c.Name()+"\n") })
		if i < 0 {
			t.Errorf("the README has no section %s", c.Name())
			continue
		}
		for _, m := range regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z-]+)`).FindAllStringSubmatch(sections[i], -1) {
			if !slices.ContainsFunc(append(below(c), c), func(c *cobra.Command) bool { return c.Flags().Lookup(m[1]) != nil }) {
				t.Errorf("section %s: --%s is no flag", c.Name(), m[1])
			}
		}
	}
}

// words returns the words of the last command of a line, up to a redirection, as a shell splits them.
func words(t *testing.T, line string) []string {
	t.Helper()
	line = line[strings.LastIndex(line, "apptuit"):]
	line, _, _ = strings.Cut(line, " >")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\0' `+line).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestArguments_RefusesWrongOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"vresion"}, `unknown command "vresion" for "apptuit"`},
		{[]string{"--colour"}, "unknown flag: --colour"},
		{[]string{"version", "1"}, `unknown command "1" for "apptuit version"`},
		{[]string{"version", "-o", "xml"}, "must be text or json"},
		{[]string{"query"}, "QUERY is missing"},
	} {
		got := execute(t, c.args...)
		if got.Code != cli.Misused || got.Stdout != "" || !strings.Contains(got.Stderr, c.says) || !strings.Contains(got.Stderr, "--help shows flags and examples") {
			t.Errorf("%q: %+v, want %q", c.args, got, c.says)
		}
	}
}

func TestCompletion_InThreeShells(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := execute(t, "completion", shell)
		if script.Code != cli.OK || !strings.Contains(script.Stdout, "apptuit") {
			t.Errorf("%s: %+v", shell, script)
			continue
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("NOT TESTED: whether %s parses its script, because it is not installed", shell)
			continue
		}
		check := exec.CommandContext(t.Context(), path, "-n")
		check.Stdin = strings.NewReader(script.Stdout)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
	for _, c := range []struct{ args, want []string }{
		{[]string{"ver"}, []string{"version"}},
		{[]string{"version", "-o", ""}, []string{"text", "json"}},
		{[]string{"query", "-o", "a"}, []string{"arrow"}},
		{[]string{"query", "--server", "o"}, []string{"opentsdb"}},
	} {
		var got []string
		for line := range strings.SplitSeq(execute(t, append([]string{"__complete"}, c.args...)...).Stdout, "\n") {
			if name, _, _ := strings.Cut(line, "\t"); name != "" && strings.HasPrefix(name, c.args[len(c.args)-1]) && !strings.HasPrefix(name, ":") { // shells filter, too
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.args, diff)
		}
	}
}

// No flag takes a secret, which other users of the machine could read.
func TestFlags_AreNoSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range root().Commands() {
		for _, name := range []string{"token", "password", "headers"} {
			if c.Flags().Lookup(name) != nil {
				t.Errorf("%s has the flag --%s", c.Name(), name)
			}
		}
	}
}

// childVariable is the environment variable with which the test program runs as the command.
const childVariable = "TEST_CHILD_OF_APPTUIT"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	for _, v := range os.Environ() { // the configuration of the user
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "APPTUIT_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, exe, args...)
	c.Env = append(os.Environ(), childVariable+"=1")
	return c
}
