// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// maxTokenFile bounds a token file, in bytes.
const maxTokenFile = 64 << 10

// readTokenFile returns a source that reads a file. It waits for the writer of a pipe
// until its context ends, where the system can do that.
func readTokenFile(name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		file, err := os.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }()
		stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) }) // of a regular file there is none
		defer stop()
		text, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
		if len(text) > maxTokenFile {
			return "", fmt.Errorf("%s has more than %d bytes", name, maxTokenFile)
		}
		return string(text), err
	}
}

// fileState tells one content of a file from the next.
type fileState struct{ modified, size int64 }

// stateOf returns false for a file that is not there, or no file at all.
func stateOf(name string) (fileState, bool) {
	if name == "" {
		return fileState{}, false
	}
	info, err := os.Stat(name)
	if err != nil {
		return fileState{}, false
	}
	return fileState{info.ModTime().UnixNano(), info.Size()}, true
}
