// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
)

// checkpoint is the content of a checkpoint file: up to where the points of an input were
// accepted.
type checkpoint struct {
	Version  int              `json:"version"`
	Endpoint string           `json:"endpoint"`
	Format   pointfile.Format `json:"format"`
	Offset   int64            `json:"offset"`
	Line     int64            `json:"line"`
	SHA256   string           `json:"sha256"` // of the text before the offset
}

const checkpointVersion = 1

// readCheckpoint reads a file. It returns false if there is none.
func readCheckpoint(name string) (checkpoint, bool, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return checkpoint{}, false, nil
	}
	if err != nil {
		return checkpoint{}, false, err
	}
	var c checkpoint
	if err := json.Unmarshal(text, &c); err != nil || c.Version != checkpointVersion {
		return checkpoint{}, false, fmt.Errorf("%s is not a checkpoint of this command", name)
	}
	return c, true, nil
}

// write replaces a file, so that a crash leaves the old content or the new one.
func (c checkpoint) write(name string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(name))
}
