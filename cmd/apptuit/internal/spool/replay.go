// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/env"
)

// pollInterval is the time between two looks at the statistics of the client.
const pollInterval = 50 * time.Millisecond

// maxText is the limit of the text of a batch, in bytes, for the client that delivers. A client moves a
// larger batch to the quarantine, so maxText must not be below the limit of the program that has
// written the batch (WithMaxBatchBytes). It also bounds the memory for foreign files.
const maxText = 256 << 20

// delivery is the result of --replay in JSON, in points.
type delivery struct {
	Dir       string `json:"dir"`
	Delivered uint64 `json:"delivered"`
	Rejected  uint64 `json:"rejected"` // by the server
	Dropped   uint64 `json:"dropped"`  // moved to the quarantine
	Left      int64  `json:"left"`     // in the folders that were delivered
}

func (d *delivery) add(s apptuitclient.SpoolStats) {
	d.Delivered += s.Replayed
	d.Rejected += s.Rejected
	d.Dropped += s.Dropped
	d.Left += s.Points
}

// replay delivers the batches of all instances whose folder no running program uses.
func (r *run) replay(ctx context.Context) error {
	options, err := r.connection.Options()
	if err != nil {
		return err
	}
	insecure, err := r.allowsInsecure()
	if err != nil {
		return err
	}
	folders, err := r.view.Folders()
	if err != nil {
		return err
	}
	result := delivery{Dir: r.dir}
	var faults []error
	for _, f := range folders {
		switch {
		case f.InUse:
			faults = append(faults, fmt.Errorf("%s: a running program uses the folder, and delivers its points", r.path(f.Name)))
			continue
		case f.Batches+f.Faulty == 0:
			continue
		}
		fault := r.replayFolder(ctx, &result, r.path(f.Name), insecure, options)
		if fault != nil {
			faults = append(faults, fault)
		}
		if context.Cause(ctx) != nil {
			break
		}
	}
	if result.Rejected+result.Dropped > 0 {
		faults = append(faults, fmt.Errorf("%s rejected by the server, %d moved to the quarantine", amount.Of(result.Rejected, "point"), result.Dropped))
	}
	return errors.Join(r.writeDelivery(&result), errors.Join(faults...))
}

func (r *run) writeDelivery(d *delivery) error {
	if r.asJSON() {
		return cli.WriteJSON(r.stdout, d)
	}
	return r.printf("%s: %s delivered, %d left\n", d.Dir, amount.Of(d.Delivered, "point"), d.Left)
}

// allowsInsecure reports whether APPTUIT_SPOOL_INSECURE_DIR allows a folder that other users can
// change. If the variable does not allow it, the error describes the folder: even if its subfolders are
// safe, other users can replace them.
func (r *run) allowsInsecure() (bool, error) {
	const variable = "APPTUIT_SPOOL_INSECURE_DIR"
	if text := env.Get(variable); text != "" {
		allowed, err := encoding.ParseBool(text)
		if err != nil {
			return false, fmt.Errorf("%s: %w", variable, err)
		}
		if allowed {
			return true, nil
		}
	}
	return false, r.view.Insecure()
}

// replayFolder delivers the batches of one instance.
func (r *run) replayFolder(ctx context.Context, result *delivery, dir string, insecure bool, options []apptuitclient.Option) error {
	spoolOptions := []apptuitclient.SpoolOption{ // the limits of the program do not apply
		apptuitclient.WithSpoolMaxBytes(math.MaxInt64), apptuitclient.WithSpoolMaxAge(math.MaxInt64), apptuitclient.WithSpoolRate(r.rate),
	}
	if insecure {
		spoolOptions = append(spoolOptions, apptuitclient.WithSpoolInsecureFolder())
	}
	warn := func(err error) { cli.Say(r.command, "%v", err) }
	c, err := apptuitclient.New(append(slices.Clip(options),
		apptuitclient.WithSpool(dir, spoolOptions...), apptuitclient.WithMaxBatchBytes(maxText),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: 500 * time.Millisecond, MaxInterval: 5 * time.Second}),
		apptuitclient.WithWarningHandler(warn),
	)...)
	if err != nil {
		return err
	}
	err = r.await(ctx, c, dir)
	_ = c.Close() // always nil
	stats, _ := c.SpoolStats()
	result.add(stats)
	return err
}

// await waits until the client has delivered its spool. It returns an error if the server accepts
// nothing for --retry-for, or if ctx ends.
func (r *run) await(ctx context.Context, c *apptuitclient.Client, dir string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	last, since := apptuitclient.SpoolStats{}, time.Now()
	for {
		stats, ok := c.SpoolStats()
		switch {
		case !ok:
			return fmt.Errorf("%s: a running program uses the folder, and delivers its points", dir)
		case stats.Batches == 0:
			return nil
		case stats != last:
			last, since = stats, time.Now()
		}
		failure := client.Of(c).SpoolFailure()
		if failure != nil && time.Since(since) >= time.Duration(r.retryFor) {
			return fmt.Errorf("%s: the server accepted nothing for %v, and %s left: %w", dir, time.Duration(r.retryFor), amount.Are(stats.Points, "point"), failure)
		}
		if failure != nil {
			r.progress.Set("%s delivered, %d left; trying again: %v", amount.Of(stats.Replayed, "point"), stats.Points, failure)
		} else {
			r.progress.Set("%s delivered, %d left", amount.Of(stats.Replayed, "point"), stats.Points)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if failure != nil {
				return fmt.Errorf("%s: %w, and %s left: %w", dir, context.Cause(ctx), amount.Are(stats.Points, "point"), failure)
			}
			return fmt.Errorf("%s: %w, and %s left", dir, context.Cause(ctx), amount.Are(stats.Points, "point"))
		}
	}
}
