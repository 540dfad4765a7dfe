// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
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

// path returns the path of a file or subfolder for people.
func (r *run) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// asJSON reports whether the result is to be JSON.
func (r *run) asJSON() bool { return r.output.String() == "json" }

func (r *run) writeJSON(result any) error {
	encoder := json.NewEncoder(r.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}

func (r *run) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(r.stdout, format, args...)
	return err
}

// opener returns a function that opens a file, for CheckStored and StoredLines.
func (r *run) opener(f spool.Stored) func() (*spool.Reader, error) {
	return func() (*spool.Reader, error) { return r.view.Open(f) }
}

// count returns a number with the singular or plural of a noun.
func count[N int | int64 | uint64](n N, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "batch":
		return fmt.Sprintf("%d batches", n)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// size returns a number of bytes for people.
func size(n int64) string {
	if n < 1<<10 {
		return count(n, "byte")
	}
	value, unit := float64(n), -1
	for value >= 1<<10 && unit < 3 {
		value /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB", "TiB"}[unit])
}
