// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// content is the content of a folder in JSON.
type content struct {
	Dir              string     `json:"dir"`
	InUse            bool       `json:"inUse"` // by a running program
	Batches          int        `json:"batches"`
	Points           int64      `json:"points"`
	Bytes            int64      `json:"bytes"`
	Oldest           *time.Time `json:"oldest,omitempty"`
	Newest           *time.Time `json:"newest,omitempty"`
	LastError        string     `json:"lastError,omitempty"` // of the newest batch
	Damaged          int        `json:"damaged"`
	Foreign          int        `json:"foreign"`
	Quarantined      int        `json:"quarantined"`
	QuarantinedBytes int64      `json:"quarantinedBytes"`
}

func contentOf(dir string, i *spool.Info) content {
	c := content{
		Dir: dir, InUse: i.InUse, Batches: i.Batches, Points: i.Points, Bytes: i.Bytes, LastError: i.Reason,
		Damaged: i.Faulty, Foreign: i.Foreign, Quarantined: i.Quarantined, QuarantinedBytes: i.QuarantinedBytes,
	}
	if i.Batches > 0 {
		oldest, newest := i.Oldest.UTC(), i.Newest.UTC()
		c.Oldest, c.Newest = &oldest, &newest
	}
	return c
}

// list shows the content of the folder of each instance, and the sum if there are several instances.
func (r *run) list() error {
	r.progress.Set("reading the headers of the batches")
	folders, err := r.view.Folders()
	if err != nil {
		return err
	}
	if fault := r.view.Insecure(); fault != nil {
		cli.Say(r.command, "programs refuse to use this folder: %v", fault)
	}
	all := make([]content, len(folders))
	for i := range folders {
		all[i] = contentOf(r.path(folders[i].Name), &folders[i].Info)
	}
	sum := spool.Total(folders)
	total := contentOf(r.dir, &sum)
	if r.asJSON() {
		return cli.WriteJSON(r.stdout, struct {
			content
			Instances []content `json:"instances"`
		}{total, all})
	}
	colors := terminal.ColorsFor(r.command.OutOrStdout())
	now := time.Now()
	var text strings.Builder
	for i := range all {
		if i > 0 {
			text.WriteByte('\n')
		}
		all[i].write(&text, colors, now)
	}
	if len(all) > 1 {
		fmt.Fprintf(&text, "\n%s in all: %s\n", r.dir, total.waiting())
	}
	return r.printf("%s", text.String())
}

// waiting describes the points that wait, for example "34000 points in 12 batches, 1.2 MiB".
func (c *content) waiting() string {
	if c.Batches == 0 {
		return "nothing waits"
	}
	return fmt.Sprintf("%s in %s, %s", amount.Of(c.Points, "point"), amount.Of(c.Batches, "batch"), amount.Bytes(c.Bytes))
}

// write writes the content as text.
func (c *content) write(text *strings.Builder, colors terminal.Colors, now time.Time) {
	use := "no program uses it"
	if c.InUse {
		use = "a running program uses it"
	}
	fmt.Fprintf(text, "%s  %s\n", colors.Bold(c.Dir), colors.Faint(use))
	line := func(name, format string, args ...any) {
		fmt.Fprintf(text, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("waiting", "%s", c.waiting())
	if c.Batches > 0 {
		line("since", "%s (%v ago)", c.Oldest.Format(time.RFC3339), now.Sub(*c.Oldest).Round(time.Second))
		reason := "not stored with the newest batch"
		if c.LastError != "" {
			reason = colors.Yellow(c.LastError)
		}
		line("last error", "%s (%s)", reason, c.Newest.Format(time.RFC3339))
	}
	if c.Damaged > 0 {
		line("damaged", "%s: --verify names them", colors.Red(amount.Of(c.Damaged, "file")))
	}
	if c.Quarantined > 0 {
		line("quarantine", "%s, %s", colors.Yellow(amount.Of(c.Quarantined, "file")), amount.Bytes(c.QuarantinedBytes))
	}
	if c.Foreign > 0 {
		line("other files", "%d", c.Foreign)
	}
}
