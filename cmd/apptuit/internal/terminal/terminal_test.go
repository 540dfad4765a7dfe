// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

// pseudoterminal returns the master of a pseudoterminal, which is a terminal.
func pseudoterminal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		if runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		t.Skip("NOT TESTED: no pseudoterminal: ", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestIs_OnlyForATerminal(t *testing.T) {
	if !Is(pseudoterminal(t)) {
		t.Error("a pseudoterminal is no terminal")
	}
	file, err := os.Create(t.TempDir() + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, stream := range []any{file, &bytes.Buffer{}, nil} {
		if Is(stream) || Width(stream) != 0 {
			t.Errorf("%T is a terminal", stream)
		}
	}
}

func TestColors_AreShownOnATerminalOnly(t *testing.T) {
	terminal := pseudoterminal(t)
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if got := ColorsFor(terminal).Red("x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("red is %q", got)
	}
	if got := ColorsFor(&bytes.Buffer{}).Red("x"); got != "x" {
		t.Errorf("in a buffer, red is %q", got)
	}
	t.Setenv("NO_COLOR", "1")
	if got := ColorsFor(terminal).Green("x"); got != "x" {
		t.Errorf("with NO_COLOR, green is %q", got)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if got := ColorsFor(terminal).Bold("x"); got != "x" {
		t.Errorf("on a dumb terminal, bold is %q", got)
	}
}
