// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// smallServers returns functions that start servers which accept requests of a few kilobytes, and refuse
// larger requests, each in a different way. A function returns the endpoint, the VictoriaMetrics behind
// it, and the status of a refusal.
func smallServers() map[string]func(*testing.T) (string, *servers.VictoriaMetrics, int) {
	return map[string]func(*testing.T) (string, *servers.VictoriaMetrics, int){
		"nginx": func(t *testing.T) (string, *servers.VictoriaMetrics, int) {
			n, v := inFront(t, "client_max_body_size 6k;", "")
			return n.URL(), v, 413
		},
		"Caddy": func(t *testing.T) (string, *servers.VictoriaMetrics, int) {
			v := servers.StartVictoriaMetrics(t)
			c := servers.StartCaddy(t, fmt.Sprintf("request_body {\n max_size 6KB\n }\n reverse_proxy %s", v.Endpoint()))
			return c.URL(), v, 502
		},
		"VictoriaMetrics": func(t *testing.T) (string, *servers.VictoriaMetrics, int) {
			v := servers.StartVictoriaMetrics(t, "-opentsdbhttp.maxInsertRequestSize=40000")
			return v.Endpoint(), v, 400
		},
	}
}

// All points arrive, and later batches are not larger, however a server refuses a large request.
func TestSend_SplitsAfterOtherRefusals(t *testing.T) {
	t.Parallel()
	const n = 4000
	for name, start := range smallServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, v, status := start(t)
			w := newWire()
			c := newClient(t, endpoint, w.client(), hurry())
			sent, stored := samplePoints(n)
			if err := c.Send(within(t, 30*time.Second), sent); err != nil {
				t.Fatal(err)
			}
			delivered(t, v, stored)
			count := func(from int) (refused int) {
				for _, s := range w.statuses()[from:] {
					if s == status {
						refused++
					}
				}
				return refused
			}
			if count(0) == 0 {
				t.Fatalf("no request was too large: %v", w.statuses())
			}
			before := len(w.seen())
			for i := range sent {
				sent[i].Metric = "sample.again"
				stored = append(stored, servers.Point{Metric: "sample_again", Tags: stored[i].Tags, Time: stored[i].Time, Value: stored[i].Value})
			}
			if err := c.Send(within(t, 30*time.Second), sent); err != nil {
				t.Fatal(err)
			}
			delivered(t, v, stored)
			if refused := count(before); refused > 2 {
				t.Errorf("%d requests of the second batch were too large: %v", refused, w.statuses()[before:])
			}
		})
		t.Run(name+", from the spool", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			quiet := apptuitclient.WithWarningHandler(func(error) {})
			away := newClient(t, "http://"+servers.FreeAddr(t), apptuitclient.WithSpool(dir), quiet)
			sent, stored := samplePoints(n)
			if err := away.Send(within(t, 20*time.Second), sent); err != nil {
				t.Fatal(err)
			}
			if err := away.Close(); err != nil {
				t.Fatal(err)
			}
			endpoint, v, _ := start(t)
			c := newClient(t, endpoint, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(100)), quiet, hurry())
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				s, _ := c.SpoolStats()
				if s.Replayed == n {
					break
				}
				if s.Rejected+s.Dropped > 0 || time.Now().After(deadline) {
					t.Fatalf("%+v", s)
				}
			}
			delivered(t, v, stored)
		})
	}
}
