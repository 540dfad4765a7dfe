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

// point returns a point of a new series.
func point(metric, host string, at time.Time) (apptuitclient.DataPoint, servers.Point) {
	tags := map[string]string{"host": host}
	return apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: at, Value: 1},
		servers.Point{Metric: metric, Tags: tags, Time: at.UnixMilli(), Value: 1}
}

// HBase's requests in flight are limited, so that many new names at once are throttled. OpenTSDB reports
// "Please throttle" while it assigns a UID, and "Unexpected exception" while it looks up a name. In both
// cases the client sends the points again.
func TestSend_RetriesWhenThrottled(t *testing.T) {
	t.Parallel()
	// OpenTSDB must have as many threads as there are requests: each thread waits for its UIDs.
	o := shared.start(t, map[string]string{"hbase.region_client.inflight_limit": "10", "tsd.network.worker_threads": "64"})
	const n = 64 // points, each with a new tag value, that are sent at once
	at := time.Now().Truncate(time.Second)
	w := &wire{}
	// Without sync, points that OpenTSDB has confirmed are lost, too.
	c := newClient(t, o, w.client(), apptuitclient.WithSync(10*time.Second))
	ctx := within(t, time.Minute)
	metric := shared.unique("throttled")
	var want []servers.Point
	again := 0 // requests for points that were throttled
	for round := 0; round < 10 && again == 0; round++ {
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			p, stored := point(metric, fmt.Sprintf("%s-%d-%d", metric, round, i), at)
			want = append(want, stored)
			wg.Go(func() { errs[i] = c.Send(ctx, []apptuitclient.DataPoint{p}) })
		}
		wg.Wait()
		outcomes := w.take()
		again += outcomes["200"] + outcomes["400"] - n
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		t.Logf("round %d: %v", round, outcomes)
	}
	t.Logf("%d points, %d requests again", len(want), again)
	if again == 0 {
		t.Error("no point was throttled")
	}
	stores(t, o, metric, want)
}

func TestStorage_Failures(t *testing.T) {
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

// Without sync, OpenTSDB confirms points before it writes them, even while HBase hangs. They are stored
// when HBase resumes, if OpenTSDB still runs. With sync, OpenTSDB reports the failure, and the client
// sends the points again or spools them.
func testHangs(t *testing.T, h *opentsdb.HBase) {
	o := h.Start(t, nil)
	// HBase's timeout, which is infinite by default, can end before the timeout of sync.
	impatient := h.Start(t, map[string]string{"hbase.rpc.timeout": "300"})
	first := time.Now().Truncate(time.Second)
	var want []servers.Point // the points of OpenTSDB in the end
	next := func() []apptuitclient.DataPoint {
		sent, stored := point("hanging", "a", first.Add(time.Duration(len(want))*time.Second))
		want = append(want, stored)
		return []apptuitclient.DataPoint{sent}
	}
	for _, o := range []*opentsdb.OpenTSDB{o, impatient} { // both learn the names
		if err := newClient(t, o, apptuitclient.WithSync(10*time.Second)).Send(within(t, 30*time.Second), next()); err != nil {
			t.Fatal(err)
		}
	}
	stores(t, o, "hanging", want)

	h.Suspend(t)
	if err := newClient(t, o).Send(within(t, 10*time.Second), next()); err != nil {
		t.Errorf("without sync: %v", err)
	}

	sync := apptuitclient.WithSync(500 * time.Millisecond)
	spooling := newClient(t, o, sync, apptuitclient.WithSpool(t.TempDir(), apptuitclient.WithSpoolRate(100)), quiet())
	if err := spooling.Send(within(t, 10*time.Second), next()); err != nil {
		t.Errorf("with sync and a spool: %v", err)
	}
	if s, _ := spooling.SpoolStats(); s.Spooled != 1 {
		t.Errorf("with sync and a spool: %+v, want that the point is spooled", s)
	}
	w := &wire{}
	waiting := newClient(t, o, w.client(), sync)
	done := make(chan error)
	points := next()
	go func() { done <- waiting.Send(within(t, time.Minute), points) }()

	testAnswersWhileHanging(t, o, impatient, points[0].Timestamp)
	testNewNameWhileHanging(t, impatient)

	select {
	case err := <-done:
		t.Errorf("with sync, while HBase hangs: %v", err)
		h.Resume(t)
	default:
		h.Resume(t)
		if err := <-done; err != nil {
			t.Errorf("with sync: %v", err)
		}
	}
	if outcomes := w.take(); outcomes["400"] == 0 || outcomes["200"] != 1 {
		t.Errorf("requests %v, want some that time out and one that does not", outcomes)
	}
	stores(t, o, "hanging", want)
	for deadline := time.Now().Add(storedTime); ; time.Sleep(50 * time.Millisecond) {
		if s, _ := spooling.SpoolStats(); s.Replayed == 1 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("with sync and a spool: %+v, want that the point is replayed", s)
		}
	}
}

// testAnswersWhileHanging sends the same point repeatedly.
func testAnswersWhileHanging(t *testing.T, o, impatient *opentsdb.OpenTSDB, at time.Time) {
	t.Helper()
	body := array(line("hanging", at, "1.0", `"host":"a"`))
	for _, c := range []struct {
		o      *opentsdb.OpenTSDB
		query  string
		status int
		answer string // its beginning
	}{
		{o, "details&sync&sync_timeout=500", http.StatusBadRequest, `{"success":0,"failed":0,"timeouts":1,"errors":["Write timedout"]}`},
		{o, "sync&sync_timeout=500", http.StatusBadRequest, "The put call has timedout with 0 successful writes, 0 failed writes and 1 timed out writes."},
		{impatient, "details&sync&sync_timeout=20000", http.StatusOK, `{"success":0,"failed":1,"timeouts":0,"errors":["Storage exception: RPC ID [`},
	} {
		a, err := c.o.Put(t, c.query, body, nil)
		if err != nil || a.Status != c.status || !strings.HasPrefix(summary(t, a), c.answer) {
			t.Errorf("%s: %d %s %v\n\twant %d %s", c.query, a.Status, a.Body, err, c.status, c.answer)
		}
	}
}

// testNewNameWhileHanging sends a name without a UID. Its look-up fails, which counts as a temporary
// failure: the point is spooled.
func testNewNameWhileHanging(t *testing.T, impatient *opentsdb.OpenTSDB) {
	t.Helper()
	c := newClient(t, impatient, apptuitclient.WithSpool(t.TempDir()), quiet())
	sent, _ := point("new_while_hanging", "a", time.Now())
	if err := c.Send(within(t, 30*time.Second), []apptuitclient.DataPoint{sent}); err != nil {
		t.Error(err)
	}
	if s, _ := c.SpoolStats(); s.Spooled != 1 || s.Rejected != 0 {
		t.Errorf("%+v, want a spooled point", s)
	}
}

// After a crash of HBase, points that OpenTSDB has accepted are lost when OpenTSDB ends. A point with a
// new name gets no answer, which the client counts as a failure of the network.
func testGone(t *testing.T, h *opentsdb.HBase) {
	o := h.Start(t, nil)
	at := time.Now().Truncate(time.Second)
	sent, _ := point("gone", "a", at)
	send := func(limit time.Duration, opts ...apptuitclient.Option) error {
		return newClient(t, o, opts...).Send(within(t, limit), []apptuitclient.DataPoint{sent})
	}
	if err := send(time.Minute, apptuitclient.WithSync(20*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(20 * time.Second); err != nil {
		t.Errorf("without sync: %v", err)
	}
	err := send(3*time.Second, apptuitclient.WithSync(500*time.Millisecond))
	var status *apptuitclient.StatusError
	if !asStatus(err, &status) || status.StatusCode != http.StatusBadRequest || !strings.Contains(status.Message, "Write timedout") {
		t.Errorf("with sync: %v", err)
	}
	sent.Metric = "gone_new"
	err = send(3 * time.Second)
	var failed *apptuitclient.SendError
	if !errors.As(err, &failed) || failed.Failed != 1 || len(failed.Errors) > 0 || failed.StatusCode != 0 {
		t.Errorf("a new name: %v, want no answer", err)
	}
}
