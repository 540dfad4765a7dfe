// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// point is one point of a series of its own.
func point(metric, host string, at time.Time) (apptuitclient.DataPoint, servers.Point) {
	tags := map[string]string{"host": host}
	return apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: at, Value: 1},
		servers.Point{Metric: metric, Tags: tags, Time: at.UnixMilli(), Value: 1}
}

// With a bound on HBase's requests in flight, many new names at once are throttled. If that
// happens while a UID is assigned, OpenTSDB says so, and the client sends the point again. If
// it happens while the name is looked up, OpenTSDB says "Unexpected exception", which the
// client takes for final, though the same point is stored a moment later.
func TestThrottling(t *testing.T) {
	t.Parallel()
	// OpenTSDB must have as many threads as there are requests: each waits for its UIDs.
	o := shared.start(t, map[string]string{"hbase.region_client.inflight_limit": "10", "tsd.network.worker_threads": "64"})
	const n = 64 // points, each with a new tag value, that are sent at once
	at := time.Now().Truncate(time.Second)
	w := &wire{}
	// Without sync, points of which OpenTSDB has said that they are stored are lost as well.
	c := newClient(t, o, w.client(), apptuitclient.WithSync(10*time.Second))
	ctx := within(t, time.Minute)
	metric := shared.unique("throttled")
	var want []servers.Point
	var rejected []apptuitclient.DataPoint
	again := 0 // points that were throttled and sent again
	for round := 0; round < 10 && (again == 0 || len(rejected) == 0); round++ {
		errs := make([]error, n)
		sent := make([]apptuitclient.DataPoint, n)
		var wg sync.WaitGroup
		for i := range n {
			p, stored := point(metric, fmt.Sprintf("%s-%d-%d", metric, round, i), at)
			sent[i], want = p, append(want, stored)
			wg.Go(func() { errs[i] = c.Send(ctx, []apptuitclient.DataPoint{p}) })
		}
		wg.Wait()
		outcomes := w.take()
		again += outcomes["200"] + outcomes["400"] - n
		for i, err := range errs {
			var failed *apptuitclient.SendError
			switch {
			case err == nil:
				continue
			case !errors.As(err, &failed) || len(failed.Errors) != 1 || failed.Errors[0].Reason != "Unexpected exception":
				t.Errorf("error %v, want that the server says \"Unexpected exception\"", err)
			}
			rejected = append(rejected, sent[i])
		}
		t.Logf("round %d: %v", round, outcomes)
	}
	t.Logf("%d points, %d requests again, %d points rejected", len(want), again, len(rejected))
	if again == 0 || len(rejected) == 0 {
		t.Error("want that both happen")
	}
	for _, p := range rejected { // one after the other they are stored
		if err := c.Send(ctx, []apptuitclient.DataPoint{p}); err != nil {
			t.Error(err)
		}
	}
	stores(t, o, metric, want)
}

// The storage fails in two ways.
func TestStorage(t *testing.T) {
	t.Parallel()
	h := opentsdb.StartHBase(t, t.TempDir())
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("hangs", func(t *testing.T) { testHangs(t, h) })
	t.Run("is gone", func(t *testing.T) { testGone(t, h) })
}

// Without sync, OpenTSDB says that points are stored before it has tried: also while HBase
// hangs. They are stored when HBase goes on, if OpenTSDB still runs. With sync it tells the
// truth, and the client sends the points again.
func testHangs(t *testing.T, h *opentsdb.HBase) {
	o := h.Start(t, nil)
	failing := h.Start(t, map[string]string{"hbase.rpc.timeout": "300"})
	at := time.Now().Truncate(time.Second)
	sent, stored := point("hanging", "a", at)
	sentNew, _ := point("hanging.new", "a", at)
	send := func(c *apptuitclient.Client, limit time.Duration, p apptuitclient.DataPoint) error {
		return c.Send(within(t, limit), []apptuitclient.DataPoint{p})
	}
	for _, o := range []*opentsdb.OpenTSDB{o, failing} { // both know the names
		if err := send(newClient(t, o, apptuitclient.WithSync(10*time.Second)), 30*time.Second, sent); err != nil {
			t.Fatal(err)
		}
	}
	stores(t, o, "hanging", []servers.Point{stored})

	h.Suspend(t)
	later, storedLater := point("hanging", "a", at.Add(time.Second))
	if err := send(newClient(t, o), 10*time.Second, later); err != nil {
		t.Errorf("without sync: %v", err)
	}

	body := array(line("hanging", at.Add(2*time.Second), "1.0", `"host":"a"`))
	a, err := o.Put(t, "details&sync&sync_timeout=500", body, nil)
	if err != nil || a.Status != http.StatusBadRequest || summary(t, a) != `{"success":0,"failed":0,"timeouts":1,"errors":["Write timedout"]}` {
		t.Errorf("sync: %d %s %v", a.Status, a.Body, err)
	}
	a, err = o.Put(t, "sync&sync_timeout=500", body, nil)
	if err != nil || a.Status != http.StatusBadRequest ||
		summary(t, a) != "The put call has timedout with 0 successful writes, 0 failed writes and 1 timed out writes." {
		t.Errorf("sync without details: %d %s %v", a.Status, a.Body, err)
	}
	// HBase's own time-out comes first: then the point has failed, and the status is 200.
	a, err = failing.Put(t, "details&sync&sync_timeout=20000", body, nil)
	t.Log(a.Status, a.Body)
	if err != nil || a.Status != http.StatusOK || !strings.HasPrefix(summary(t, a), `{"success":0,"failed":1,"timeouts":0,"errors":["Storage exception: `) {
		t.Errorf("HBase's time-out: %d %s %v", a.Status, a.Body, err)
	}
	// A name without a UID has to be looked up, which fails in a way that the client takes for final.
	err = send(newClient(t, failing), 30*time.Second, sentNew)
	t.Log("new name:", err)

	// With sync, the client waits for HBase.
	last, storedLast := point("hanging", "a", at.Add(2*time.Second))
	w := &wire{}
	done := make(chan error)
	c := newClient(t, o, w.client(), apptuitclient.WithSync(500*time.Millisecond))
	go func() { done <- send(c, time.Minute, last) }()
	select {
	case err := <-done:
		t.Errorf("with sync, while HBase hangs: %v", err)
	case <-time.After(2 * time.Second):
		h.Resume(t)
		if err := <-done; err != nil {
			t.Errorf("with sync: %v", err)
		}
	}
	if outcomes := w.take(); outcomes["400"] == 0 || outcomes["200"] != 1 {
		t.Errorf("requests %v, want some that time out and one that does not", outcomes)
	}
	var found []servers.Point
	for deadline := time.Now().Add(storedTime); time.Now().Before(deadline) && len(found) != 3; time.Sleep(50 * time.Millisecond) {
		found = o.Points(t, "hanging")
	}
	if diff := servers.Diff([]servers.Point{stored, storedLater, storedLast}, found, 0); diff != "" {
		t.Errorf("in OpenTSDB: %s", diff)
	}
}

// When HBase is gone, accepted points are lost with OpenTSDB. A new name is not answered at
// all: the client counts that as a failure of the network.
func testGone(t *testing.T, h *opentsdb.HBase) {
	o := h.Start(t, nil)
	at := time.Now().Truncate(time.Second)
	sent, _ := point("gone", "a", at)
	send := func(opts ...apptuitclient.Option) error {
		return newClient(t, o, opts...).Send(within(t, 2*time.Second), []apptuitclient.DataPoint{sent})
	}
	if err := send(apptuitclient.WithSync(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(); err != nil {
		t.Errorf("without sync: %v", err)
	}
	err := send(apptuitclient.WithSync(500 * time.Millisecond))
	var status *apptuitclient.StatusError
	if !asStatus(err, &status) || status.StatusCode != http.StatusBadRequest || !strings.Contains(status.Message, "Write timedout") {
		t.Errorf("with sync: %v", err)
	}
	sent.Metric = "gone_new"
	err = send()
	var failed *apptuitclient.SendError
	if !errors.As(err, &failed) || failed.Failed != 1 || len(failed.Errors) > 0 || failed.StatusCode != 0 {
		t.Errorf("a new name: %v, want no answer", err)
	}
}
