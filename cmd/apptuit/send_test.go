// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// Later runs complete a run that is killed repeatedly: no point is missing, and each kill makes at most the
// points of one batch be sent twice.
func TestSend_ContinuesAfterAKill(t *testing.T) {
	t.Parallel()
	const points, batch, kills = 1000, 50, 4
	s := apptuittest.NewServer()
	defer s.Close()
	folder := t.TempDir()
	file := filepath.Join(folder, "points.txt")
	var text strings.Builder
	for i := range points {
		fmt.Fprintf(&text, "put m %d %d h=a\n", 1_700_000_000+i, i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"send", "--endpoint", s.URL, "--from", file, "--checkpoint", filepath.Join(folder, "checkpoint"), "--batch", fmt.Sprint(batch)}
	for i := range kills {
		s.Fail(apptuittest.Fault{Times: 3}, apptuittest.Fault{Hang: true, Apply: true})
		before := len(s.Requests())
		c := child(t.Context(), t, args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); len(s.Requests()) < before+4; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("run %d has made %d requests", i, len(s.Requests())-before)
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // it was killed
	}
	if out, err := child(t.Context(), t, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	times := make([]int, points)
	for _, p := range s.Points() {
		times[int(p.Float())]++
	}
	twice := 0
	for i, n := range times {
		if n < 1 || n > 2 {
			t.Fatalf("point %d is stored %d times", i, n)
		}
		twice += n - 1
	}
	if twice > kills*batch {
		t.Errorf("%d points are stored twice", twice)
	}
}
