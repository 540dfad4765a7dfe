// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// spoolSize is what a spool may take, unless an option says otherwise.
const spoolSize = 512 << 20

// checkSpool looks into the folder of APPTUIT_SPOOL_DIR, and opens nothing.
func checkSpool(_ context.Context, p *patient, n *notes) {
	dir := p.lookup("APPTUIT_SPOOL_DIR")
	if dir == "" {
		return
	}
	if !filepath.IsAbs(dir) {
		n.warn("It is another folder in each working directory. Give an absolute path.", "%s is a relative path", dir)
	}
	content, err := apptuitclient.InspectSpool(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := existing(filepath.Dir(dir))
		if checkWritable(p, n, parent) {
			n.ok("%s is not there yet, and can be made in %s", dir, parent)
		}
		return
	case err != nil:
		n.fail("The program needs a folder here that it can read and write.", "%v", err)
		return
	}
	if !checkWritable(p, n, dir) {
		return
	}
	if allowed, _ := encoding.ParseBool(p.lookup("APPTUIT_SPOOL_INSECURE_DIR")); content.Insecure != nil && !allowed {
		n.fail("Mend the rights as the message says, or name a subfolder, which the program creates: APPTUIT_SPOOL_DIR="+filepath.Join(dir, "apptuit"),
			"%v", content.Insecure)
		return
	}
	free, known := freeSpace(dir)
	if p.lookup("APPTUIT_SPOOL_MAX_BYTES") == "" && known && free+uint64(content.Bytes) < spoolSize {
		n.warn("Make room, or give the spool less with APPTUIT_SPOOL_MAX_BYTES or apptuitclient.WithSpoolMaxBytes.",
			"%d MiB are free for a spool that may take %d MiB", free>>20, spoolSize>>20)
	}
	tellContent(n, dir, content)
}

func tellContent(n *notes, dir string, c apptuitclient.SpoolContent) {
	text := "nothing waits in " + dir
	if c.Batches > 0 {
		text = fmt.Sprintf("%d points in %d batches wait in %s, the oldest since %s",
			c.Points, c.Batches, dir, c.Oldest.UTC().Format(time.RFC3339))
	}
	if c.InUse {
		text += "; a process has the folder"
	}
	if c.Faulty+c.Quarantined > 0 {
		n.warn("They will not be delivered: look at them, and remove them.",
			"%s; %d files cannot be read, %d are in the quarantine", text, c.Faulty, c.Quarantined)
		return
	}
	n.ok("%s", text)
}

// checkWritable tries whether a file can be made in a folder, unless nothing is to
// be written.
func checkWritable(p *patient, n *notes, dir string) bool {
	if p.flags.noProbe {
		return true
	}
	file, err := os.CreateTemp(dir, "doctor-*")
	if err == nil {
		err = errors.Join(file.Close(), os.Remove(file.Name()))
	}
	if err != nil {
		n.fail("The user that the program runs as must be able to write there.", "%v", err)
	}
	return err == nil
}

// existing returns the next folder above that is there.
func existing(dir string) string {
	for {
		_, err := os.Stat(dir)
		parent := filepath.Dir(dir)
		if err == nil || parent == dir {
			return dir
		}
		dir = parent
	}
}
