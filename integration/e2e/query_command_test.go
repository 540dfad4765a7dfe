// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The history of a web shop: an hour and a quarter, in ticks of 15 s. The shop is down for eight minutes,
// and its counters begin again at 0.
const (
	historyTick  = 15 * time.Second
	historyTicks = 300
	down, up     = 156, 188 // the first tick without points, the first with points again
	historyStart = 1781600400
)

// requestHistory returns the number of requests of each route in the tick before time i.
type requestHistory map[string][]uint64

func newRequestHistory() requestHistory {
	random := rand.New(rand.NewPCG(3, 5))
	s := requestHistory{}
	for _, r := range []struct {
		route             string
		mean, wave, phase float64
	}{{"/products/{id}", 42, 17, 0}, {"/cart", 21, 8, 0.9}, {"/checkout", 8, 3.5, 1.6}} {
		for i := range historyTicks + 1 {
			x := float64(i) / historyTicks * 2 * math.Pi
			rate := r.mean + r.wave*math.Sin(1.5*x+r.phase) + 0.25*r.wave*math.Sin(7*x+r.phase) + 0.08*r.mean*random.NormFloat64()
			if i >= up && i < up+12 { // they come back little by little
				rate *= float64(i-up+1) / 12
			}
			s[r.route] = append(s[r.route], uint64(max(0, rate)*historyTick.Seconds()))
		}
	}
	return s
}

// export sends the history as an instrumented program would send it.
func (s requestHistory) export(t *testing.T, endpoint string) {
	t.Helper()
	exp, err := exporter.New(t.Context(), exporter.WithoutSelfMetrics(), exporter.WithEndpoint(endpoint))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	totals := map[string]*metricdata.HistogramDataPoint[float64]{}
	for i := range historyTicks + 1 {
		if i >= down && i < up {
			clear(totals)
			continue
		}
		var points []metricdata.HistogramDataPoint[float64]
		for route, requests := range s {
			p := totals[route]
			if p == nil {
				p = &metricdata.HistogramDataPoint[float64]{
					Attributes: attribute.NewSet(attribute.String("http.route", route), attribute.String("http.request.method", "GET")),
					Bounds:     []float64{0.1}, BucketCounts: make([]uint64, 2),
				}
				totals[route] = p
			}
			n := requests[i]
			p.Time = time.Unix(historyStart, 0).Add(time.Duration(i) * historyTick)
			p.Count += n
			p.Sum += 0.08 * float64(n)
			p.BucketCounts[0] += n - n/10
			p.BucketCounts[1] += n / 10
			points = append(points, *p)
		}
		rm := metricdata.ResourceMetrics{
			Resource: resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "web1")),
			ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{
				Name: "http.server.request.duration", Unit: "s",
				Data: metricdata.Histogram[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality},
			}}}},
		}
		if err := exp.Export(ctx, &rm); err != nil {
			t.Fatal(err)
		}
	}
	if err := exp.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// rate returns the requests per second of a route in the minute before tick i.
func (s requestHistory) rate(route string, i int) float64 {
	sum := uint64(0)
	for _, n := range s[route][i-3 : i+1] {
		sum += n
	}
	return float64(sum) / 60
}

const rates = `sum by (http_route) (rate(http_server_request_duration_count[1m]))`

// The command queries VictoriaMetrics for the points of our exporter. With UPDATE_PICTURE=1, the plot
// replaces the picture in the project's documentation.
func TestQueryCommand(t *testing.T) {
	v := servers.StartVictoriaMetrics(t)
	history := newRequestHistory()
	history.export(t, v.Endpoint())
	// The server serves points of this age when they are flushed.
	v.Points(t, "http_server_request_duration_count")
	end := strconv.FormatInt(historyStart+int64(historyTicks*historyTick/time.Second), 10)
	command := servers.BuildCommand(t)
	run := func(t *testing.T, args ...string) string {
		t.Helper()
		stdout, code := command.Run(t, []string{"APPTUIT_ENDPOINT=" + v.URL()}, append([]string{"query"}, args...)...)
		if code != 0 {
			t.Fatalf("%q: exit code %d", args, code)
		}
		return string(stdout)
	}
	query := func(t *testing.T, args ...string) string {
		t.Helper()
		return run(t, append([]string{"--promql", rates, "--step", "15s", "--since", "70m", "--end", end, "--tz", "UTC"}, args...)...)
	}

	t.Run("numbers", func(t *testing.T) {
		history.compare(t, readCSV(t, query(t, "-o", "csv")))
	})
	t.Run("picture", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "query.png")
		query(t, "-f", file, "--title", "Requests of the shop", "--unit", "{request}/s")
		picture, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != 900 || b.Dy() != 420 {
			t.Errorf("size %v", b)
		}
		// The outage is from a half to six tenths of the width: no line crosses it.
		for c, name := range lineColors() {
			before, within, after := count(img, c, 0.1, 0.45), count(img, c, 0.53, 0.59), count(img, c, 0.65, 0.98)
			if before == 0 || within != 0 || after == 0 {
				t.Errorf("%s: %d pixels before the outage, %d within, %d after", name, before, within, after)
			}
		}
		if len(picture) > 30_000 {
			t.Errorf("%d bytes: too large for a README", len(picture))
		}
		if os.Getenv("UPDATE_PICTURE") == "1" {
			if err := os.WriteFile(filepath.Join("..", "..", "docs", "query.png"), picture, 0o644); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("rows", func(t *testing.T) {
		// The stream and the frame are one answer.
		frame := readCSV(t, query(t, "-o", "csv"))
		values := 0
		for _, column := range frame.columns {
			for _, v := range column {
				if !math.IsNaN(v) {
					values++
				}
			}
		}
		records, err := csv.NewReader(strings.NewReader(query(t, "-o", "csv", "--long"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != values+1 || !slices.Equal(records[0], []string{"metric", "http_route", "time", "value"}) {
			t.Errorf("%d records of %d values, header %q", len(records), values, records[0])
		}
		if lines := strings.Count(query(t, "-o", "jsonl"), "\n"); lines != values {
			t.Errorf("%d lines of %d values", lines, values)
		}
	})
	t.Run("instant", func(t *testing.T) {
		got := run(t, "--promql", "--at", end, "--tz", "UTC", "-o", "csv", "count(http_server_request_duration_count)")
		at := time.Unix(historyStart, 0).Add(historyTicks * historyTick).UTC().Format(time.RFC3339)
		if want := "metric,time,value\n," + at + ",3\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("several", func(t *testing.T) {
		got := run(t, "--promql", "--end", end, "--since", "10m", "--step", "1m", "--align", "-o", "csv",
			`sum(http_server_request_duration_count{http_route="/cart"})`, "count(http_server_request_duration_count)")
		f := readCSV(t, got)
		want := []string{"{query:count(http_server_request_duration_count)}", `{query:sum(http_server_request_duration_count{http_route="/cart"})}`}
		if !slices.Equal(f.names(), want) || len(f.times) != 11 {
			t.Errorf("%d times, %q", len(f.times), f.names())
		}
		for _, at := range f.times {
			if at.Second() != 0 {
				t.Errorf("%v is not aligned to a minute", at)
			}
		}
	})
	t.Run("lists", func(t *testing.T) {
		when := []string{"--end", end, "--since", "2h"}
		for _, c := range []struct {
			want string
			args []string
		}{
			{"http_server_request_duration_bucket\nhttp_server_request_duration_count\nhttp_server_request_duration_sum\n", []string{"metrics", "--match", `{__name__=~"http_.*"}`}},
			{"/cart\n/checkout\n/products/{id}\n", []string{"values", "http_route"}},
			{`"http_route"`, []string{"labels", "-o", "json"}},
			{`http_server_request_duration_sum{`, []string{"series", "http_server_request_duration_sum"}},
		} {
			if got := run(t, append(c.args, when...)...); !strings.Contains(got, c.want) {
				t.Errorf("%q: %s, want %s", c.args, got, c.want)
			}
		}
	})
	t.Run("width", func(t *testing.T) {
		got := query(t, "--width", "100")
		if !strings.Contains(got, "┤") || !strings.Contains(got, "http_route  /products/{id}") && !strings.Contains(got, "/checkout") {
			t.Error(got)
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	})
}

func lineColors() map[color.RGBA]string {
	return map[color.RGBA]string{
		{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}: "blue",
		{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}: "vermilion",
		{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}: "green",
	}
}

// count counts the pixels of a colour in a part of the width, above the legend.
func count(img image.Image, want color.RGBA, left, right float64) int {
	n, b := 0, img.Bounds()
	for x := int(left * float64(b.Dx())); x < int(right*float64(b.Dx())); x++ {
		for y := range b.Dy() * 9 / 10 {
			if color.RGBAModel.Convert(img.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

// compare compares the answer with the history, except for a minute at both ends of the outage, where the
// server extrapolates.
func (s requestHistory) compare(t *testing.T, f csvFrame) {
	t.Helper()
	seen := 0
	for route := range s {
		values, ok := f.columns["{http_route:"+route+"}"]
		if !ok {
			t.Fatalf("no column of %s in %v", route, f.names())
		}
		for row, at := range f.times {
			i := int(at.Unix()-historyStart) / int(historyTick/time.Second)
			switch want := s.rate(route, i); {
			case i >= down && i <= down+4 || i >= up && i < up+4:
			case i >= down && i < up:
				if !math.IsNaN(values[row]) {
					t.Errorf("%s at tick %d, in the outage: %v", route, i, values[row])
				}
			case math.Abs(values[row]-want) <= want*1e-9:
				seen++
			default:
				t.Errorf("%s at tick %d: %v, want %v", route, i, values[row], want)
			}
		}
	}
	if want := 3 * (280 + 1 - (up - down) - 4); seen != want {
		t.Errorf("%d values are right, want %d", seen, want)
	}
}

// csvFrame is the content of a CSV file.
type csvFrame struct {
	times   []time.Time
	columns map[string][]float64 // NaN where nothing is
}

func (f csvFrame) names() []string { return slices.Sorted(maps.Keys(f.columns)) }

func readCSV(t *testing.T, text string) csvFrame {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) == 0 || records[0][0] != "time" {
		t.Fatalf("not a frame as CSV: %v\n%s", err, text)
	}
	f := csvFrame{columns: map[string][]float64{}}
	for _, record := range records[1:] {
		at, err := time.Parse(time.RFC3339Nano, record[0])
		if err != nil {
			t.Fatal(err)
		}
		f.times = append(f.times, at)
		for i, cell := range record[1:] {
			v := math.NaN()
			if cell != "" {
				if v, err = strconv.ParseFloat(cell, 64); err != nil {
					t.Fatal(err)
				}
			}
			name := records[0][i+1]
			f.columns[name] = append(f.columns[name], v)
		}
	}
	return f
}
