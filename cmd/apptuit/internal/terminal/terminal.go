// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package terminal knows whether output goes to a terminal, and how wide it is. It writes
// colours and a line of progress to terminals only.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// Is reports whether a reader or writer is a terminal.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns the number of columns of a terminal, 0 if the stream is not a terminal or does
// not tell its width.
func Width(stream any) int {
	f, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
