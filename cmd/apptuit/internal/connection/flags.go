// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package connection has the flags of all commands that connect to a server. The flags take the place of
// the options that a program passes to the client: they override environment variables, which the
// commands read like programs. Secrets are not flags, since other users of the machine can read the
// arguments of a process.
package connection

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// Flags has the values of the flags. An empty value means that the flag was not given.
type Flags struct {
	Endpoint, Server, TokenFile, User, CAFile, Proxy string
	Compression, Tags                                string // of commands that send

	timeout when.Duration
}

// Add adds the flags to a command. timeout is the default of --timeout, which limits the whole run. 0 is
// no limit.
func Add(c *cobra.Command, timeout time.Duration) *Flags {
	f := &Flags{timeout: when.Duration(timeout)}
	f.add(c, "endpoint", &f.Endpoint)
	f.add(c, "server", &f.Server)
	f.add(c, "token_file", &f.TokenFile)
	f.add(c, "user_id", &f.User)
	f.add(c, "tls.ca_file", &f.CAFile)
	f.add(c, "proxy_url", &f.Proxy)
	c.Flags().Var(&f.timeout, "timeout", "Limit of the whole run, such as 30s, 1h30m or 7d")
	if timeout == 0 {
		c.Flags().Lookup("timeout").DefValue = "no limit"
	}
	return f
}

// AddSending adds the flags that only commands that send points have.
func (f *Flags) AddSending(c *cobra.Command) {
	f.add(c, "compression", &f.Compression)
	f.add(c, "tags", &f.Tags)
}

// Names returns the names of the flags by the names of their settings in package settings.
func Names() map[string]string {
	return map[string]string{
		"endpoint": "endpoint", "server": "server", "token_file": "token-file", "user_id": "user",
		"tls.ca_file": "ca-file", "proxy_url": "proxy", "compression": "compression", "tags": "tags",
	}
}

// Given returns the values of the flags that were given, by the names of their settings.
func (f *Flags) Given() map[string]string {
	given := map[string]string{
		"endpoint": f.Endpoint, "server": f.Server, "token_file": f.TokenFile, "user_id": f.User,
		"tls.ca_file": f.CAFile, "proxy_url": f.Proxy, "compression": f.Compression, "tags": f.Tags,
	}
	maps.DeleteFunc(given, func(_, value string) bool { return value == "" })
	return given
}

// add adds the flag of a setting, with the description of the setting.
func (f *Flags) add(c *cobra.Command, setting string, value *string) {
	s, _ := settings.Named(setting)
	name := Names()[setting]
	c.Flags().Var(text{value, typeOf(s)}, name, usage(s))
	if s.Type == settings.Choice {
		// It fails only for a flag that does not exist, or has a function already.
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(s.Choices, cobra.ShellCompDirectiveNoFileComp))
	}
}

// usage returns the first sentence of the description, with choices and variable. It has no backquotes,
// because pflag takes quoted text for the name of the value.
func usage(s settings.Setting) string {
	description, _, _ := strings.Cut(strings.ReplaceAll(s.Doc, "`", ""), ". ")
	description = strings.TrimSuffix(description, ".")
	if len(s.Choices) > 0 {
		description += ": " + strings.Join(s.Choices, ", ")
	}
	if s.Type == settings.KeyValues {
		description += ": " + strings.ReplaceAll(s.VariableForm(), "`", "")
	}
	return fmt.Sprintf("%s (%s)", description, s.Variable)
}

func typeOf(s settings.Setting) string {
	switch s.Type {
	case settings.URL:
		return "URL"
	case settings.File:
		return "FILE"
	case settings.KeyValues:
		return "TAGS"
	case settings.Choice:
		return "NAME"
	}
	return "TEXT"
}

// text is a flag whose help names the kind of its value.
type text struct {
	value *string
	kind  string
}

// String returns the value.
func (t text) String() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Set sets the value.
func (t text) Set(value string) error { *t.value = value; return nil }

// Type names the kind of the value.
func (t text) Type() string { return t.kind }

// Timeout returns the limit of the whole run, or 0 if there is no limit.
func (f *Flags) Timeout() time.Duration { return time.Duration(f.timeout) }

// Limit returns a context that ends after --timeout. Its cause names the flag.
func (f *Flags) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, f.Timeout(), fmt.Errorf("the time is over (--timeout %v)", f.Timeout()))
}
