// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

// sink accepts all requests.
type sink struct{}

func (sink) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, r.Body.Close()
}

// testLoad returns data points with six attributes each, in a number of resources.
func testLoad(resources, points int, histograms bool) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for i := range resources {
		m := from(md, "service.name", "shop", "service.instance.id", fmt.Sprint(i)).AppendEmpty()
		m.SetName("http.server.requests")
		attributes := func(to pcommon.Map, j int) {
			putAttributes(to, "http.request.method", "GET", "http.response.status_code", 200, "http.route", fmt.Sprint("/users/{id}/", j),
				"network.protocol.version", "1.1", "server.address", "shop.example", "url.scheme", "https")
		}
		if histograms {
			dps := m.SetEmptyHistogram().DataPoints()
			for j := range points {
				dp := dps.AppendEmpty()
				dp.SetTimestamp(second(now))
				attributes(dp.Attributes(), j)
				dp.SetCount(100)
				dp.SetSum(float64(j) / 3)
				dp.ExplicitBounds().FromRaw([]float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000})
				dp.BucketCounts().FromRaw([]uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 8, 1})
			}
			continue
		}
		sum := m.SetEmptySum()
		for j := range points {
			dp := sum.DataPoints().AppendEmpty()
			dp.SetTimestamp(second(now))
			dp.SetIntValue(int64(j) * 1001)
			attributes(dp.Attributes(), j)
		}
	}
	return md
}

// BenchmarkPush measures a push of known series. For comparison, it measures the work of the
// otlp_http exporter for the same data before it sends them: to marshal and compress with gzip.
func BenchmarkPush(b *testing.B) {
	for _, bb := range []struct {
		name              string
		resources, points int
		histograms        bool
	}{
		{"sums", 1, 10_000, false},
		{"histograms", 1, 1000, true},
		{"1000resources", 1000, 10, false},
	} {
		md := testLoad(bb.resources, bb.points, bb.histograms)
		points := float64(md.DataPointCount())
		perPoint := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/points, "ns/point")
		}
		b.Run(bb.name+"/apptuit", func(b *testing.B) {
			r := newRig(b, nil)
			if err := r.e.use(&http.Client{Transport: sink{}}); err != nil {
				b.Fatal(err)
			}
			r.mustPush(md)
			b.ReportAllocs()
			for b.Loop() {
				if err := r.e.push(context.Background(), md); err != nil {
					b.Fatal(err)
				}
			}
			perPoint(b)
		})
		b.Run(bb.name+"/otlp", func(b *testing.B) {
			w := gzip.NewWriter(io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
				if err != nil {
					b.Fatal(err)
				}
				w.Reset(io.Discard)
				if _, err := w.Write(body); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			perPoint(b)
		})
	}
}

// The allocations of a push of known series do not grow with the number of its points.
func TestPush_AllocationsDoNotGrowWithPoints(t *testing.T) {
	r := newRig(t, nil)
	if err := r.e.use(&http.Client{Transport: sink{}}); err != nil {
		t.Fatal(err)
	}
	count := func(points int) float64 {
		md := testLoad(1, points, false)
		r.mustPush(md)
		return testing.AllocsPerRun(20, func() { r.mustPush(md) })
	}
	few, many := count(100), count(2100)
	if perPoint := (many - few) / 2000; perPoint > 0.1 {
		t.Errorf("%.2f allocations a point (%v for 100 points, %v for 2100)", perPoint, few, many)
	}
}
