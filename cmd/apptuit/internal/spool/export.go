// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// export writes the points as JSON lines to stdout or into a file.
func (r *run) export(ctx context.Context) error {
	out, end := r.stdout, func() error { return nil }
	if r.file != "" {
		file, err := os.Create(r.file)
		if err != nil {
			return err
		}
		out, end = file, file.Close
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	err := r.exportTo(ctx, buffered)
	return errors.Join(err, buffered.Flush(), end())
}

func (r *run) exportTo(ctx context.Context, out io.Writer) error {
	points, damaged := 0, 0
	for f, err := range r.view.Files() {
		if f.Quarantined != r.quarantine {
			continue
		}
		n := 0
		if err == nil {
			r.progress.Set("%s written: %s", count(points, "point"), f.Path)
			n, err = r.exportFile(ctx, out, f)
		}
		points += n
		var failed writeError
		switch {
		case context.Cause(ctx) != nil:
			return fmt.Errorf("after %s: %w", count(points, "point"), context.Cause(ctx))
		case errors.As(err, &failed):
			return failed
		case errors.Is(err, fs.ErrNotExist): // it has been delivered meanwhile
		case err != nil:
			damaged++
			cli.Say(r.command, "%s: %v", r.path(f.Path), err)
		}
	}
	if damaged > 0 {
		return fmt.Errorf("%s cannot be read; %s of the others written", count(damaged, "file"), count(points, "point"))
	}
	return nil
}

// writeError is an error of the output.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// exportFile writes the points of a file, if the whole file can be read, and returns their
// number.
func (r *run) exportFile(ctx context.Context, out io.Writer, f spool.Stored) (int, error) {
	if err := client.CheckStored(ctx, r.opener(f)); err != nil {
		return 0, err
	}
	n := 0
	var failed error
	err := client.StoredLines(ctx, r.opener(f), func(line []byte) bool {
		if _, failed = out.Write(line); failed == nil {
			_, failed = out.Write([]byte{'\n'})
		}
		if failed == nil {
			n++
		}
		return failed == nil
	})
	if failed != nil {
		return n, writeError{failed}
	}
	return n, err
}
