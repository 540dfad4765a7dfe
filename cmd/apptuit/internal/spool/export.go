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

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/outfile"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// export writes the points as JSON lines to stdout or into a file. The file is written completely, apart
// from the points of damaged batches, or not at all.
func (r *run) export(ctx context.Context) error {
	if r.file == "" {
		e, err := r.exportTo(ctx, r.stdout)
		return errors.Join(err, e.fault())
	}
	file, err := outfile.Create(r.file)
	if err != nil {
		return err
	}
	defer file.Discard()
	e, err := r.exportTo(ctx, file)
	if err != nil {
		return err
	}
	return errors.Join(file.Commit(), e.fault())
}

// exported counts the points that were written, and the damaged files that were left out.
type exported struct{ points, damaged int }

// fault returns the error of the damaged files, nil if there are none.
func (e exported) fault() error {
	if e.damaged == 0 {
		return nil
	}
	return fmt.Errorf("%s cannot be read; %s of the others written", amount.Of(e.damaged, "file"), amount.Of(e.points, "point"))
}

// exportTo writes the points of all files, and reports damaged files on stderr.
func (r *run) exportTo(ctx context.Context, w io.Writer) (e exported, err error) {
	out := bufio.NewWriterSize(w, 64<<10)
	defer func() {
		if _, failed := errors.AsType[writeError](err); !failed { // Flush would return the same error
			err = errors.Join(err, out.Flush())
		}
	}()
	for f, err := range r.view.Files() {
		if f.Quarantined != r.quarantine {
			continue
		}
		n := 0
		if err == nil {
			r.progress.Set("%s written: %s", amount.Of(e.points, "point"), f.Path)
			n, err = r.exportFile(ctx, out, f)
		}
		e.points += n
		var failed writeError
		switch {
		case context.Cause(ctx) != nil:
			return e, fmt.Errorf("after %s: %w", amount.Of(e.points, "point"), context.Cause(ctx))
		case errors.As(err, &failed):
			return e, failed
		case errors.Is(err, fs.ErrNotExist): // the program has delivered it meanwhile
		case err != nil:
			e.damaged++
			cli.Say(r.command, "%s: %v", r.path(f.Path), err)
		}
	}
	return e, nil
}

// writeError is an error of the output, as opposed to an error of a damaged file.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

// exportFile checks a whole file, then writes its points and returns their number.
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
