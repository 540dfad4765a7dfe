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

// With small batches, a fault can exceed the limit of duplicates.
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

// maxDuplicates is the number of points that one interruption may send twice: those of the batches
// that are being sent, of which each request is in the queue as a whole.
const maxDuplicates = consumers * (batchSize + 2*pointsEach)

// The Collector is killed while it receives and sends, and while the server is down. No
// acknowledged data is lost.
func TestKill_LosesNothingAcknowledged(t *testing.T) {
	vm := servers.StartVictoriaMetrics(t)
	c := startCollector(t, example("persistent.yaml"), vm.Endpoint(), smallBatches()...)
	s := newSender(t, c)
	stored := func() []servers.Point { return vm.Points(t, "number") }
	interruptions := 0

	for range 2 { // while it receives and sends
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

	s.mustSend(50) // while the server is down, until after another crash
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

// A suspended server accepts connections and does not answer.
func TestServerHangs_DeliversLater(t *testing.T) {
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

// After SIGTERM, the Collector ends after the attempts in progress, not after one attempt for each
// batch in the queue, which would take a minute here. The next Collector sends the rest.
func TestStop_EndsWhileServerHangs(t *testing.T) {
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
		t.Errorf("%d duplicates, although the server has not processed an earlier request", v.duplicates)
	}
}

// Without a queue on disk, the Collector sends its queue after SIGTERM.
func TestStop_SendsQueueInMemory(t *testing.T) {
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

// received returns the points of a server of apptuittest, in the form for servers.Diff.
func received(srv *apptuittest.Server) []servers.Point {
	var points []servers.Point
	for _, p := range srv.Points() {
		points = append(points, servers.Point{Metric: p.Metric, Tags: p.Tags, Time: p.Time().UnixMilli(), Value: p.Float()})
	}
	return points
}
