// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// run does the job.
func (j *job) run(cmd *cobra.Command, progress *terminal.Progress) error {
	ctx, cancel := j.connection.Limit(cmd.Context())
	defer cancel()
	warn := func(err error) { cli.Say(cmd, "%v", err) }
	c, err := apptuitclient.New(append(j.options, apptuitclient.WithWarningHandler(warn))...)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it always returns nil
	progress.Set("sending")
	if j.from == "" {
		return j.runPoint(ctx, cmd, c)
	}
	return j.runFile(ctx, cmd, c, progress)
}

// runPoint sends the point of the arguments.
func (j *job) runPoint(ctx context.Context, cmd *cobra.Command, c *apptuitclient.Client) error {
	t := newTransfer(ctx, j, client.Of(c), cmd.OutOrStdout())
	err := t.add(j.point)
	t.close()
	switch {
	case err != nil:
		return err
	case t.writeErr != nil:
		return t.writeErr
	case len(t.reasons) > 0:
		return t.reasons[0].err
	}
	return j.conclude(ctx, cmd, c, t)
}

// runFile sends the points of a file or pipe.
func (j *job) runFile(ctx context.Context, cmd *cobra.Command, c *apptuitclient.Client, progress *terminal.Progress) error {
	in, err := openInput(ctx, j.from, j.stdin)
	if err != nil {
		return err
	}
	defer in.close()
	if j.format == "" {
		if j.format, err = in.format(); err != nil {
			if errors.Is(err, pointfile.ErrUnknownFormat) {
				return cli.Usagef("%s: %w: give the format with --format", in.name, err)
			}
			return err
		}
	}
	r := pointfile.NewReader(in, j.format)
	if j.checkpoint != "" {
		progress.Set("looking for the place where the last run ended")
		if err := j.resume(cmd, in, r, c.Endpoint()); err != nil {
			return err
		}
	}
	t := newTransfer(ctx, j, client.Of(c), cmd.OutOrStdout())
	t.progress = func(n count) { progress.Set("%s", n.progress(in, time.Since(t.begun))) }
	t.endpoint = c.Endpoint()
	failure := t.copy(r)
	t.close()
	for _, reason := range t.reasons {
		cli.Say(cmd, "%s: %v", in.name, reason)
	}
	if t.moreReasons > 0 {
		cli.Say(cmd, "%s: and %d more", in.name, t.moreReasons)
	}
	switch {
	case failure == nil || cmd.Context().Err() != nil:
	case errors.Is(failure, context.Cause(ctx)):
		cli.Say(cmd, "%v", failure)
	default:
		cli.Say(cmd, "%s: %v", in.name, failure)
	}
	out := cmd.OutOrStdout()
	if j.dryRun {
		out = cmd.ErrOrStderr()
	}
	_, err = fmt.Fprintf(out, "%s\n", t.n.summary(j.dryRun))
	if err := errors.Join(t.writeErr, err); err != nil {
		return err
	}
	if t.failed || !t.ended {
		cli.Say(cmd, "%s", j.advice(t, r))
	}
	if failure != nil {
		return cli.ErrFailed
	}
	return j.conclude(ctx, cmd, c, t)
}

// advice returns a message that says how to continue after a run that has stopped.
func (j *job) advice(t *transfer, r *pointfile.Reader) string {
	text := "stopped"
	if !t.ended {
		text += fmt.Sprintf("; the lines after line %d were not read", r.Position().Line)
	}
	if t.n.rejected > 0 && !j.skipInvalid {
		text += "; with --skip-invalid, rejected lines do not stop the command"
	}
	if j.checkpoint != "" {
		text += fmt.Sprintf("; the next run with this checkpoint continues after line %d", t.saved)
	}
	return text
}

// resume skips the text up to the place of the checkpoint, if there is one.
func (j *job) resume(cmd *cobra.Command, in *input, r *pointfile.Reader, endpoint string) error {
	c, ok, err := readCheckpoint(j.checkpoint)
	if err != nil || !ok {
		return err
	}
	switch {
	case c.Endpoint != endpoint:
		return fmt.Errorf("the checkpoint %s belongs to the endpoint %s: remove it to begin anew", j.checkpoint, c.Endpoint)
	case c.Format != j.format:
		return fmt.Errorf("the checkpoint %s belongs to a file in the format %s: remove it to begin anew", j.checkpoint, c.Format)
	}
	for {
		err = r.Skip(pointfile.Position{Offset: c.Offset, Line: c.Line}, c.SHA256)
		switch {
		case errors.Is(err, errIdle):
			continue
		case err != nil:
			return fmt.Errorf("%s does not match the checkpoint %s: %w: remove the checkpoint to begin anew", in.name, j.checkpoint, err)
		}
		if c.Line > 0 {
			cli.Say(cmd, "continuing after line %d", c.Line)
		}
		return nil
	}
}

// conclude waits until the spool is delivered, and returns an error unless all points were accepted.
func (j *job) conclude(ctx context.Context, cmd *cobra.Command, c *apptuitclient.Client, t *transfer) error {
	if j.spool && t.n.spooled == 0 {
		awaitReplay(ctx, c)
	}
	stats, _ := c.SpoolStats()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case t.n.rejected+t.n.dropped > 0:
		return cli.ErrFailed
	case stats.Dropped > 0:
		return fmt.Errorf("the spool has dropped %s", amount.Of(stats.Dropped, "point"))
	case stats.Rejected > 0:
		return fmt.Errorf("the server has rejected %s of the spool", amount.Of(stats.Rejected, "point"))
	case stats.Points > 0:
		cli.Say(cmd, "%s in the spool, to be delivered by a later run with --spool", amount.Are(stats.Points, "point"))
		return cli.ErrSpooled
	}
	return nil
}

// awaitReplay waits until the points of the spool are delivered. It gives up when the number of points
// has not changed for three seconds.
func awaitReplay(ctx context.Context, c *apptuitclient.Client) {
	const unchanged, interval = 3 * time.Second, 50 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var before int64
	for since := time.Now(); time.Since(since) < unchanged; {
		stats, ok := c.SpoolStats()
		if !ok || stats.Batches == 0 {
			return
		}
		if stats.Points != before {
			before, since = stats.Points, time.Now()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
