// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// Small batches make the bound on duplicates one that can be broken.
const (
	consumers = 2
	batchSize = 200
)

func smallBatches(more ...string) []string {
	return append([]string{
		fmt.Sprintf("exporters.apptuit.sending_queue.num_consumers=%d", consumers),
		fmt.Sprintf("exporters.apptuit.sending_queue.batch.min_size=%d", batchSize),
		fmt.Sprintf("exporters.apptuit.sending_queue.batch.max_size=%d", batchSize),
		"exporters.apptuit.retry_on_failure.initial_interval=100ms",
		"exporters.apptuit.retry_on_failure.max_interval=500ms",
	}, more...)
}

// maxDuplicates is how many points one interruption may send twice: the batches
// that are under way, each of whose requests is in the queue as a whole.
const maxDuplicates = consumers * (batchSize + 2*pointsEach)

// The Collector is killed while it receives and sends, and while the server is
// down: nothing that it acknowledged is lost.
func TestKilled(t *testing.T) {
	vm := servers.StartVictoriaMetrics(t)
	c := startCollector(t, example("persistent.yaml"), vm.Endpoint(), smallBatches()...)
	s := newSender(t, c)
	stored := func() []servers.Point { return vm.Points(t, "number") }
	interruptions := 0

	for range 2 { // in the middle of everything
		s.mustSend(50)
		var killed sync.WaitGroup
		killed.Go(func() {
			time.Sleep(20 * time.Millisecond)
			c.kill()
		})
		for s.send() {
		}
		killed.Wait()
		interruptions++
		c.start()
	}

	s.mustSend(50) // with the server down, and back only after another crash
	vm.Stop(t)
	interruptions++
	s.mustSend(150)
	c.kill()
	interruptions++
	c.start()
	s.mustSend(50)
	vm.Restart(t)
	s.mustSend(50)

	v := s.awaitAll(stored)
	t.Logf("%d points sent, %d duplicates after %d interruptions", s.sent*pointsEach, v.duplicates, interruptions)
	if most := interruptions * maxDuplicates; v.duplicates > most {
		t.Errorf("%d duplicates, more than %d", v.duplicates, most)
	}
}

// A server that is suspended takes connections and does not answer.
func TestServerHangs(t *testing.T) {
	vm := servers.StartVictoriaMetrics(t)
	c := startCollector(t, example("persistent.yaml"), vm.Endpoint(), smallBatches("exporters.apptuit.timeout=500ms")...)
	s := newSender(t, c)
	s.mustSend(20)
	vm.Suspend(t)
	s.mustSend(40)
	time.Sleep(1500 * time.Millisecond) // some attempts
	vm.Resume(t)
	s.mustSend(20)
	s.awaitAll(func() []servers.Point { return vm.Points(t, "number") })
}

// Whatever the server does, SIGTERM ends the Collector after the attempts that
// are under way, not after one for each batch in the queue, which would take a
// minute here. The next Collector sends what is left.
func TestStoppedWhileServerHangs(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(apptuittest.Fault{Hang: true, Times: 1_000_000})
	const timeout = time.Second
	c := startCollector(t, example("persistent.yaml"), srv.URL, smallBatches(fmt.Sprint("exporters.apptuit.timeout=", timeout))...)
	s := newSender(t, c)
	s.mustSend(500)
	for begin := time.Now(); len(srv.Requests()) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the Collector does not send")
		}
	}
	t.Logf("ended %v after SIGTERM", c.stop())
	if n := srv.Total(); n > 0 {
		t.Fatalf("%d points have arrived at a server that hangs", n)
	}

	srv.Reset()
	c.start()
	v := s.awaitAll(func() []servers.Point { return received(srv) })
	if v.duplicates > 0 {
		t.Errorf("%d duplicates, though no request before was carried out", v.duplicates)
	}
}

// Without a queue on disk, SIGTERM lets the Collector send what it has.
func TestStoppedInOrder(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	c := startCollector(t, example("collector.yaml"), srv.URL)
	s := newSender(t, c)
	s.mustSend(100)
	c.stop()
	if v := s.judge(received(srv)); v != (verdict{}) {
		t.Errorf("%d points lost, %d duplicates", v.lost, v.duplicates)
	}
}

// received returns what the server of apptuittest has, as servers.Diff takes it.
func received(srv *apptuittest.Server) []servers.Point {
	var points []servers.Point
	for _, p := range srv.Points() {
		points = append(points, servers.Point{Metric: p.Metric, Tags: p.Tags, Time: p.Time().UnixMilli(), Value: p.Float()})
	}
	return points
}
