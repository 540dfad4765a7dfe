// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	// fileWait bounds how long a request waits for a changed file to be read. After that it
	// uses the previous content.
	fileWait = 2 * time.Second
	// fileTimeout bounds how long New waits for a file.
	fileTimeout = 10 * time.Second
)

// waitForFile returns how long a request may wait for a changed file.
func waitForFile(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(fileWait, time.Until(deadline)/2)
	}
	return fileWait
}

// readFile returns the content of a file, which is an error if it is larger than limit bytes.
// If the file is a pipe without a writer, readFile waits for one until ctx ends, on systems
// that support this.
func readFile(ctx context.Context, name string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) }) // regular files do not support deadlines, and do not need them
	defer stop()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if int64(len(text)) > limit {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is larger than %d bytes", limit)}
	}
	return text, err
}

// withoutPath returns the cause of an error of a file, for an error that names the file itself.
func withoutPath(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// fileState identifies a version of a file. The zero value stands for a missing file.
type fileState struct{ info os.FileInfo }

// stateOf returns the state of a file, and the zero value if the name is empty or there is no
// such file.
func stateOf(name string) fileState {
	if name == "" {
		return fileState{}
	}
	info, err := os.Stat(name)
	if err != nil {
		return fileState{}
	}
	return fileState{info}
}

// found reports whether there is a file.
func (s fileState) found() bool { return s.info != nil }

// equal reports whether two states describe the same version of a file. Equal sizes
// and times are not enough: a replaced file can have the size and time of the old file, for
// example if an image sets all times to 0.
func (s fileState) equal(o fileState) bool {
	if !s.found() || !o.found() {
		return s.found() == o.found()
	}
	return os.SameFile(s.info, o.info) && s.info.Size() == o.info.Size() && s.info.ModTime().Equal(o.info.ModTime())
}
