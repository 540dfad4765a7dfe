// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// A signal ends the program while it waits for a server.
func TestSignals_EndTheProgram(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 10)
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				<-r.Context().Done()
			}))
			defer server.Close()
			c := child(t.Context(), t, "query", "fetch('x')", "--endpoint", server.URL)
			var stderr strings.Builder
			c.Stderr = &stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-asked:
			case <-time.After(time.Minute):
				t.Fatal("the server was not asked")
			}
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // the exit code says it
			if code := c.ProcessState.ExitCode(); code != cli.Interrupted || stderr.String() != "apptuit query: interrupted\n" {
				t.Errorf("exit code %d, %s", code, stderr.String())
			}
		})
	}
}
