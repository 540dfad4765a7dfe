// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
)

// TestPeers_EverythingArrives lets each peer send the data of each row to a sink that
// decodes it. The peers agree on the data because each agrees with the collection.
func TestPeers_EverythingArrives(t *testing.T) {
	to := startSink(t)
	for _, r := range rows() {
		if r.kind != "client" && r.pushes == nil && r.points != 10_000 {
			continue // other sizes of the same data
		}
		r.points /= 100
		if s := r.pushes; s != nil {
			r.pushes = &shape{resources: s.resources / 100, batch: s.batch / 10}
		}
		for _, p := range r.peers() {
			t.Run(strings.TrimPrefix(r.benchmark(p.name), "BenchmarkExport/"), func(t *testing.T) {
				w := r.work(t, to, p)
				for range 2 {
					if err := check(t.Context(), to, w); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// TestCheck_FindsLosses expects more than what is sent.
func TestCheck_FindsLosses(t *testing.T) {
	to := startSink(t)
	for _, lost := range []work{{}, {points: 1}, {sum: 1}} {
		w := newExporting(t, to, peers()[1], newMade("sum", 20, false), false)
		next := w.next
		w.next = func(ctx context.Context) error {
			err := next(ctx)
			w.points, w.sum = w.points+lost.points, w.sum+lost.sum
			return err
		}
		if err := check(t.Context(), to, w); (err != nil) != (lost.points > 0 || lost.sum > 0) {
			t.Errorf("%d points and %v of the sum are lost: %v", lost.points, lost.sum, err)
		}
	}
}

// TestSources_Change checks that each collection has the same series with other values,
// and that churn replaces one series in a hundred.
func TestSources_Change(t *testing.T) {
	for _, kind := range []string{"sum", "gauge", "histogram", "exponential", "mixed"} {
		for _, state := range []string{warm, churn} {
			t.Run(kind+", "+state, func(t *testing.T) {
				r := row{kind: kind, points: 1000, state: state}
				next := r.source(t)
				collect := func() map[attribute.Distinct]float64 {
					values := map[attribute.Distinct]float64{}
					flatten(must(next(t.Context())), func(p *point) {
						if p.attributes.Len() == 6 && p.key == "" {
							values[p.attributes.Equivalent()] += p.value
						}
					}, nil)
					return values
				}
				first, added, same := collect(), 0, 0
				second := collect()
				for series, value := range second {
					if last, ok := first[series]; !ok {
						added++
					} else if last == value {
						same++
					}
				}
				// An up-down counter stays the same now and then.
				if len(first) < 950 || len(first) > 1000 || len(second) != len(first) || same > 20 {
					t.Errorf("%d series, then %d, of which %d are the same", len(first), len(second), same)
				}
				if state == warm && added > 0 || state == churn && (added < 8 || added > 10) {
					t.Errorf("%d series are new", added)
				}
			})
		}
	}
}

func TestScatter_IsOneToOne(t *testing.T) {
	seen := make([]bool, 1<<scatteredBits)
	for v := range uint32(1_000_000) {
		s := scatter(v)
		if seen[s] {
			t.Fatalf("%d and another number are both scattered to %d", v, s)
		}
		seen[s] = true
	}
}

// TestSink_RefusesOnlyWhenDecoding sends bodies that cannot be decoded, and a valid one.
func TestSink_RefusesOnlyWhenDecoding(t *testing.T) {
	to := startSink(t)
	bodies := []struct{ path, encoding, body string }{
		{"/api/put", "", "no JSON"},
		{"/api/put", "", `[{"metric":"m","tags":{},"timestamp":1,"value":1}]`},
		{"/api/put", "gzip", "no gzip"},
		{"/api/put", "br", "unknown"},
		{"/api/v1/write", "snappy", "no snappy"},
		{"/api/v1/write", "", "\x0a\x05\x0a"},
		{"/v1/metrics", "", "no protobuf"},
	}
	for _, decode := range []bool{false, true} {
		must(to.received(decode))
		for _, b := range bodies {
			p := newPoster(to, b.path, "text/plain", b.encoding)
			err := p.post(t.Context(), []byte(b.body))
			if refused := err != nil && strings.HasPrefix(err.Error(), "400"); refused != decode {
				t.Errorf("decoding %v: %s of %q: %v", decode, b.path, b.body, err)
			}
		}
	}
	if got := must(to.received(true)); got.Requests != int64(2*len(bodies)) || got.Bytes < 1000 || got.Points != 0 {
		t.Errorf("received %+v", got)
	}
	valid := newPoster(to, "/api/put", "application/json", "")
	if err := valid.post(t.Context(), []byte(`[{"metric":"a","tags":{"k":"v"},"timestamp":1,"value":1.5},
		{"metric":"a_count","tags":{"k":"v"},"timestamp":1,"value":2},
		{"metric":"a_sum","tags":{"k":"v"},"timestamp":1,"value":4},
		{"metric":"a_bucket","tags":{"le":"1"},"timestamp":1,"value":8},
		{"metric":"apptuit_reporter_send_total","tags":{"k":"v"},"timestamp":1,"value":32}]`)); err != nil {
		t.Fatal(err)
	}
	if got := must(to.received(false)); got.Points != 4 || got.Sum != 3.5 {
		t.Errorf("received %+v, want 4 points with a sum of 3.5", got)
	}
	if err := to.scrape(to.url()+"/nothing", "text/plain"); err == nil || !strings.Contains(err.Error(), http.StatusText(http.StatusNotFound)) {
		t.Errorf("scraping a missing page: %v", err)
	}
}

// TestMeasure measures as TestTable does, in processes.
func TestMeasure(t *testing.T) {
	r := row{data: "sum", kind: "sum", points: 120, state: warm}
	samples := must(r.measure(t.Context(), []string{apptuitGo, "Prometheus scrape gzip"}, 1, new(strings.Builder)))
	for name, all := range samples {
		if s := all[0]; s.points != 120 || s.wall <= 0 || s.cpu <= 0 || s.allocs <= 0 || s.bytes < 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if _, _, err := measure.Memory(); err != nil {
		t.Skip(err)
	}
	r = memoryRows(1000)[0]
	samples = must(r.measure(t.Context(), []string{apptuitGo}, 1, new(strings.Builder)))
	if s := samples[apptuitGo][0]; s.peak <= 0 || s.peak > 1<<30 {
		t.Errorf("memory: %+v", s)
	}
}

func ExampleTestTable() {
	const million = 1_000_000
	fmt.Print(table([]result{
		{row{data: "sum", points: 12_000, state: warm}, map[string][]sample{
			apptuitGo: {{12_000, 100, 50, 3, 125, 0}, {12_000, 200, 60, 3, 125, 0}, {12_000, 150, 40, 3, 125, 0}},
			// The first round is disturbed.
			otlpHTTPGzip: {{12_000, 3000, 150, .0125, 99.6, 0}, {12_000, 2000, 660, .0125, 99.6, 0}, {12_000, 1500, 480, .0125, 99.6, 0}},
		}},
		{row{data: "sum", state: peakMemory}, map[string][]sample{
			apptuitGo: {{points: million, peak: 40e6}}, encodingJSON: {{points: million, peak: 1230e6}},
		}},
	}))
	// Output:
	// | data | points | state | apptuit-go | allocations | bytes | otlpmetrichttp gzip | allocations | bytes | encoding/json gzip |
	// | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
	// | sum | 12,000 | warm | 150 / 50 | 3.00 | 125 | 2,000 / 480 (10.0× / 11.0×) | 0.0125 | 100 | – |
	// | sum | 1,000,000 | peak of memory | +40 MB | – | – | – | – | – | +1,230 MB (30.8×) |
}

func TestReplaceTable(t *testing.T) {
	for old, want := range map[string]string{
		"before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n": "before\n<!-- bench -->\n\n| new |\n\n<!-- /bench -->\nafter\n",
		"<!-- bench -->\nno end\n":                              "",
	} {
		got, err := replaceTable(old, "| new |\n")
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q becomes %q, want %q; error: %v", old, got, want, err)
		}
	}
}
