// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

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
	"github.com/apptuitai/apptuit-go/internal/amount"
)

// spoolSize is the default limit of a spool, in bytes.
const spoolSize = 512 << 20

// checkSpool inspects the folder of the spool, without opening the spool.
func checkSpool(_ context.Context, r *run, f *findings) {
	_, from := r.inEffect("spool.directory")
	dir := from.value
	if dir == "" {
		return
	}
	if !filepath.IsAbs(dir) {
		f.warn("The folder depends on the working directory. Use an absolute path.", "%s is a relative path", dir)
	}
	content, err := apptuitclient.InspectSpool(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		parent := existing(filepath.Dir(dir))
		if checkWritable(r, f, parent) {
			f.ok("%s does not exist yet, and can be created in %s", dir, parent)
		}
		return
	case err != nil:
		f.fail("The program must be able to read and write this folder.", "%v", err)
		return
	}
	if !checkWritable(r, f, dir) {
		return
	}
	_, insecure := r.inEffect("spool.insecure_directory")
	if allowed, _ := encoding.ParseBool(insecure.value); content.Insecure != nil && !allowed {
		f.fail("Change the permissions as the message says, or use a subfolder, which the program creates: APPTUIT_SPOOL_DIR="+filepath.Join(dir, "apptuit"),
			"%v", content.Insecure)
		return
	}
	free, known := freeSpace(dir)
	_, limit := r.inEffect("spool.max_bytes")
	if limit.value == "" && known && free+uint64(content.Bytes) < spoolSize {
		f.warn("Free disk space, or lower the limit with APPTUIT_SPOOL_MAX_BYTES or apptuitclient.WithSpoolMaxBytes.",
			"%d MiB are free for a spool that may take %d MiB", free>>20, spoolSize>>20)
	}
	reportSpoolContent(f, dir, content)
}

func reportSpoolContent(f *findings, dir string, c apptuitclient.SpoolContent) {
	text := dir + " contains no batches"
	if c.Batches > 0 {
		text = fmt.Sprintf("%s contains %s in %s, the oldest since %s",
			dir, amount.Of(c.Points, "point"), amount.Of(c.Batches, "batch"), c.Oldest.UTC().Format(time.RFC3339))
		if c.LastError != "" {
			text += "; the last error was: " + c.LastError
		}
	}
	if c.InUse {
		text += "; a process is using the folder"
	}
	if c.Faulty+c.Quarantined > 0 {
		f.warn("These files will not be delivered. Inspect them, and remove them.",
			"%s; %s cannot be read, and %d in the quarantine", text, amount.Of(c.Faulty, "file"), c.Quarantined)
		return
	}
	f.ok("%s", text)
}

// checkWritable reports whether a file can be created in a folder, and adds a failure if not. With
// WithoutProbe it does not try, and returns true.
func checkWritable(r *run, f *findings, dir string) bool {
	if r.noProbe {
		return true
	}
	file, err := os.CreateTemp(dir, "doctor-*")
	if err == nil {
		err = errors.Join(file.Close(), os.Remove(file.Name()))
	}
	if err != nil {
		f.fail("The user that runs the program must be able to write to this folder.", "%v", err)
	}
	return err == nil
}

// existing returns dir if it exists, or else the nearest folder above it that exists.
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
