// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package servers

import (
	"syscall"
	"testing"
)

func (p *process) suspend(t testing.TB) { p.signal(t, syscall.SIGSTOP) }

func (p *process) resume(t testing.TB) { p.signal(t, syscall.SIGCONT) }

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.run.process.Signal(s); err != nil {
		t.Fatalf("%v for %s: %v", s, p.name, err)
	}
}
