// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// A program fills a spool while VictoriaMetrics is down. The command delivers the points when the program
// has ended.
func TestSpoolCommand_DeliversAnAbandonedSpool(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t)
	command := servers.BuildCommand(t)
	dir := filepath.Join(t.TempDir(), "spool")
	run := func(code int, args ...string) string {
		t.Helper()
		stdout, got := command.Run(t, []string{"APPTUIT_ENDPOINT=" + v.Endpoint()}, append([]string{"spool", dir}, args...)...)
		if got != code {
			t.Fatalf("%q: exit code %d, want %d; stdout %s", args, got, code, stdout)
		}
		return string(stdout)
	}
	const points = 1000
	sent, stored := samplePoints(points)
	v.Kill(t)
	program := newClient(t, v.Endpoint(), apptuitclient.WithSpool(dir), apptuitclient.WithMaxBatchPoints(100), apptuitclient.WithWarningHandler(func(error) {}))
	if err := program.Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}

	var listed struct {
		InUse     bool
		Batches   int
		Points    int
		LastError string
	}
	if err := json.Unmarshal([]byte(run(0, "-o", "json")), &listed); err != nil {
		t.Fatal(err)
	}
	if !listed.InUse || listed.Batches != 10 || listed.Points != points || !strings.Contains(listed.LastError, "connection refused") {
		t.Errorf("listed: %+v", listed)
	}
	run(1, "--replay") // the program still uses the folder
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	if text := run(0, "--verify"); !strings.Contains(text, "10 files whole, 0 damaged") {
		t.Errorf("verified: %s", text)
	}
	exported := run(0, "--export")
	if diff := servers.Diff(stored, parseLines(t, exported), 0); diff != "" {
		t.Errorf("exported: %s", diff)
	}

	run(1, "--replay", "--retry-for", "1s") // the server is still down
	v.Restart(t)
	if text := run(0, "--replay", "--rate", "50"); !strings.Contains(text, "1000 points delivered, 0 left") {
		t.Errorf("delivered: %s", text)
	}
	if diff := servers.Diff(stored, v.Points(t), 0); diff != "" {
		t.Error(diff)
	}
	if text := run(0); !strings.Contains(text, "nothing waits") {
		t.Errorf("listed in the end: %s", text)
	}
}

// parseLines returns the points of an export in JSON lines. Their timestamps are in seconds.
func parseLines(t *testing.T, lines string) []servers.Point {
	t.Helper()
	var points []servers.Point
	for line := range strings.Lines(lines) {
		var p struct {
			Metric    string
			Tags      map[string]string
			Timestamp int64
			Value     float64
		}
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		points = append(points, servers.Point{Metric: p.Metric, Tags: p.Tags, Time: 1000 * p.Timestamp, Value: p.Value})
	}
	return points
}
