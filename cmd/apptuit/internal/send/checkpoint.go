// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/outfile"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
)

// checkpoint is the content of a checkpoint file: the place in an input up to which the server has
// accepted the points.
type checkpoint struct {
	Version  int              `json:"version"`
	Endpoint string           `json:"endpoint"`
	Format   pointfile.Format `json:"format"`
	Offset   int64            `json:"offset"`
	Line     int64            `json:"line"`
	SHA256   string           `json:"sha256"` // of the text before the offset
}

const checkpointVersion = 1

// maxCheckpoint bounds the text that is read from a checkpoint file, in bytes.
const maxCheckpoint = 64 << 10

// readCheckpoint reads a checkpoint file. It returns false if the file does not exist.
func readCheckpoint(name string) (checkpoint, bool, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return checkpoint{}, false, nil
	}
	if err != nil {
		return checkpoint{}, false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxCheckpoint))
	if err != nil {
		return checkpoint{}, false, err
	}
	var c checkpoint
	if err := json.Unmarshal(text, &c); err != nil || c.Version != checkpointVersion {
		return checkpoint{}, false, fmt.Errorf("%s is not a checkpoint that this command has written", name)
	}
	return c, true, nil
}

// write replaces the checkpoint file: after a crash it has the old content or the new one. Only the user
// can read a new file.
func (c checkpoint) write(name string) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return outfile.WriteFile(name, append(text, '\n'), 0o600)
}
