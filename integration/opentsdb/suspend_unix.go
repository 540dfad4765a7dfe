// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package opentsdb

import (
	"syscall"
	"testing"
)

// Suspend suspends HBase (SIGSTOP), as if its machine hung.
func (h *HBase) Suspend(t testing.TB) { h.signal(t, syscall.SIGSTOP) }

// Resume resumes a suspended HBase.
func (h *HBase) Resume(t testing.TB) { h.signal(t, syscall.SIGCONT) }

func (h *HBase) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := h.p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%v for HBase: %v", s, err)
	}
}
