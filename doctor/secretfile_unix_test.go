// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package doctor

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Run does not wait for a pipe that nobody writes to.
func TestRun_EndsWithAPipeAsTokenFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_API_TOKEN_FILE", name)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan *Report, 1)
	go func() { done <- Run(ctx) }()
	select {
	case report := <-done:
		(&outcome{report}).has(t, "failed", "configuration", "APPTUIT_API_TOKEN_FILE")
	case <-time.After(30 * time.Second):
		t.Fatal("Run does not end")
	}
}
