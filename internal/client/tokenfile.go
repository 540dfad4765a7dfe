// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "context"

// maxTokenFile bounds the size of a token file, in bytes.
const maxTokenFile = 64 << 10

// readTokenFile returns a token source that reads a file.
func readTokenFile(name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := readFile(ctx, name, maxTokenFile)
		return string(text), err
	}
}
