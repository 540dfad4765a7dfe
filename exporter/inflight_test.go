// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// slowServer takes a second for each request, and records concurrent requests.
type slowServer struct {
	t testing.TB

	mu       sync.Mutex
	flying   map[int]map[string]bool // the series of each request in progress
	requests int
	most     int
	together bool // a series was in two requests at the same time
}

func (s *slowServer) RoundTrip(r *http.Request) (*http.Response, error) {
	series := s.series(r.Body)
	s.mu.Lock()
	id := s.requests
	s.requests++
	for _, other := range s.flying {
		for name := range series {
			s.together = s.together || other[name]
		}
	}
	s.flying[id] = series
	s.most = max(s.most, len(s.flying))
	s.mu.Unlock()
	time.Sleep(time.Second)
	s.mu.Lock()
	delete(s.flying, id)
	s.mu.Unlock()
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func (s *slowServer) series(body io.ReadCloser) map[string]bool {
	defer body.Close()
	z, err := gzip.NewReader(body)
	if err != nil {
		s.t.Error(err)
		return nil
	}
	var points []struct {
		Metric string            `json:"metric"`
		Tags   map[string]string `json:"tags"`
	}
	if err := json.NewDecoder(z).Decode(&points); err != nil {
		s.t.Error(err)
	}
	series := map[string]bool{}
	for _, p := range points {
		name := bytes.NewBufferString(p.Metric)
		for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
			name.WriteString("," + k + "=" + p.Tags[k])
		}
		series[name.String()] = true
	}
	return series
}

func TestWithMaxInFlight_SeparatesBatchesOfOneSeries(t *testing.T) {
	twice := points(20)
	data := twice.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64])
	for i := range 20 {
		again := data.DataPoints[i]
		again.Time = again.Time.Add(time.Minute)
		data.DataPoints = append(data.DataPoints, again)
	}
	twice.ScopeMetrics[0].Metrics[0].Data = data
	histograms := make([]metricdata.HistogramDataPoint[int64], 8)
	for i := range histograms {
		histograms[i] = metricdata.HistogramDataPoint[int64]{
			Attributes: attribute.NewSet(attribute.Int("i", i)), Time: at(), Bounds: []float64{1}, BucketCounts: []uint64{1, 0},
		}
	}
	for name, c := range map[string]struct {
		rm      *metricdata.ResourceMetrics
		options []Option
		client  []apptuitclient.Option
		most    int
		seconds int
	}{
		"two by default":                  {rm: points(40), most: 2, seconds: 2},
		"one":                             {rm: points(40), client: []apptuitclient.Option{apptuitclient.WithMaxInFlight(1)}, most: 1, seconds: 4},
		"four":                            {rm: points(40), client: []apptuitclient.Option{apptuitclient.WithMaxInFlight(4)}, most: 4, seconds: 1},
		"histograms":                      {rm: metricsOf(explicitHistogram(histograms...)), most: 2, seconds: 2},
		"a series that comes again waits": {rm: twice, most: 1, seconds: 4},
		"series that are not kept may":    {rm: points(40), options: []Option{WithCacheBytes(0)}, most: 1, seconds: 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &slowServer{t: t, flying: map[int]map[string]bool{}}
				e := newExporter(t, append(c.options, WithoutSelfMetrics(), WithClientOptions(append([]apptuitclient.Option{
					apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: srv}),
					apptuitclient.WithMaxBatchPoints(10),
				}, c.client...)...))...)
				start := time.Now()
				mustExport(t, e, c.rm)
				if took := time.Since(start); took != time.Duration(c.seconds)*time.Second || srv.requests != 4 {
					t.Errorf("%d requests took %v, want 4 and %d s", srv.requests, took, c.seconds)
				}
				if srv.most != c.most || srv.together {
					t.Errorf("%d at once, want %d; one series in two of them: %v", srv.most, c.most, srv.together)
				}
			})
		})
	}
}
