// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// conversion is a case of a golden file: a sequence of Exports.
type conversion struct {
	name    string
	options []Option
	exports []*metricdata.ResourceMetrics
}

// one returns a case with one Export of some metrics.
func one(name string, metrics ...metricdata.Metrics) conversion {
	return conversion{name: name, exports: []*metricdata.ResourceMetrics{metricsOf(metrics...)}}
}

// TestGolden compares the text on the wire and the rejections with the golden files: the
// points of each Export as they were sent, rejections after "!", and the counts after "=".
func TestGolden(t *testing.T) {
	for file, cases := range map[string][]conversion{
		"number":      numberConversions(),
		"histogram":   histogramConversions(),
		"exponential": exponentialConversions(),
		"summary":     summaryConversions(),
		"tags":        tagConversions(),
		"collision":   collisionConversions(),
		"prometheus":  prometheusConversions(),
		"target":      targetConversions(),
		"reporter":    reporterConversions(),
		"forms":       formConversions(),
	} {
		t.Run(file, func(t *testing.T) {
			var got strings.Builder
			for _, c := range cases {
				c.run(t, &got)
			}
			golden.Text(t, file+".golden", got.String(), *update)
		})
	}
}

func (c conversion) run(t *testing.T, w io.Writer) {
	srv := apptuittest.NewMemoryServer()
	defer srv.Close()
	tap := &tap{next: srv.Client().Transport}
	options := append([]Option{
		WithoutSelfMetrics(),
		WithEndpoint(srv.URL), WithHTTPClient(&http.Client{Transport: tap}),
		WithCompression(apptuitclient.CompressionNone),
	}, c.options...)
	e, err := New(t.Context(), options...)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	defer func() { _ = e.Shutdown(t.Context()) }()
	fmt.Fprintf(w, "== %s\n", c.name)
	lines, before := 0, Stats{}
	for i, rm := range c.exports {
		if i > 0 {
			fmt.Fprintln(w, "--")
		}
		tap.lines = nil
		err := e.Export(t.Context(), rm)
		for _, line := range tap.lines {
			fmt.Fprintln(w, line)
		}
		var send *apptuitclient.SendError
		if errors.As(err, &send) {
			for _, p := range send.Errors {
				refused := apptuittest.Point{Metric: p.Point.Metric, Tags: p.Point.Tags, Timestamp: json.Number(fmt.Sprint(p.Point.Timestamp.Unix()))}
				fmt.Fprintf(w, "! %s: %s\n", strings.TrimSpace(refused.String()), p.Reason)
			}
		}
		s := e.Stats()
		fmt.Fprintf(w, "= produced %d, accepted %d, rejected %d, overflowed %d\n", s.Produced-before.Produced,
			s.Accepted-before.Accepted, s.Rejected-before.Rejected, s.Overflowed-before.Overflowed)
		before, lines = s, lines+len(tap.lines)
	}
	fmt.Fprintln(w)
	if srv.Total() != lines || before.Accepted != uint64(lines) || before.Dropped != 0 {
		t.Errorf("%s: %d points were sent, %d taken by the server, accounted for as %+v", c.name, lines, srv.Total(), before)
	}
}

// tap records the lines of the bodies of requests.
type tap struct {
	next  http.RoundTripper
	lines []string
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), ","); line != "[" && line != "]" {
			t.lines = append(t.lines, line)
		}
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return t.next.RoundTrip(r)
}
