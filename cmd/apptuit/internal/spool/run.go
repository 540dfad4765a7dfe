// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// run is one run of the command.
type run struct {
	*flags
	command  *cobra.Command
	dir      string
	view     *spool.View
	progress *terminal.Progress
	stdout   io.Writer
}

// path returns the path of a file or subfolder of the spool for messages.
func (r *run) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// asJSON reports whether the result is written as JSON.
func (r *run) asJSON() bool { return r.output.String() == "json" }

func (r *run) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(r.stdout, format, args...)
	return err
}

// opener returns the function with which [client.CheckStored] and [client.StoredLines] open a file.
func (r *run) opener(f spool.Stored) func() (*spool.Reader, error) {
	return func() (*spool.Reader, error) { return r.view.Open(f) }
}
