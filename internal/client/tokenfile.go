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

// maxTokenFile bounds the size of a token file, in bytes.
const maxTokenFile = 64 << 10

// readTokenFile returns a token source that reads a file. If the file is a pipe without a
// writer, the source waits for one until its context ends, on systems that support this.
func readTokenFile(name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		file, err := os.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }()
		stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) }) // regular files do not support deadlines, and do not need them
		defer stop()
		text, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
		if len(text) > maxTokenFile {
			return "", fmt.Errorf("%s is larger than %d bytes", name, maxTokenFile)
		}
		return string(text), err
	}
}

// fileState identifies a version of a file, by its modification time and size.
type fileState struct{ modified, size int64 }

// stateOf returns the state of a file, and false if the name is empty or there is no such
// file.
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
