// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// VictoriaMetrics is a running VictoriaMetrics. It stores 12 to 13 decimal digits of a value, see
// [VictoriaMetricsTolerance]. It stores both of two points with the same series and time, unless it is
// started with -dedup.minScrapeInterval=1ms.
type VictoriaMetrics struct {
	p         *process
	http, put string
}

// VictoriaMetricsTolerance is the largest relative error of a value that VictoriaMetrics stores. The error is
// larger if a series has values of very different magnitudes.
const VictoriaMetricsTolerance = 1e-12

// StartVictoriaMetrics starts VictoriaMetrics with further flags. E2E_VICTORIA_METRICS names the program; the
// default is the program of Debian's package.
func StartVictoriaMetrics(t testing.TB, flags ...string) *VictoriaMetrics {
	t.Helper()
	v := newVictoriaMetrics(t, flags)
	v.p.start(t, func() { v.http, v.put = FreeAddr(t), FreeAddr(t) })
	return v
}

func newVictoriaMetrics(t testing.TB, flags []string) *VictoriaMetrics {
	t.Helper()
	path, dir := os.Getenv("E2E_VICTORIA_METRICS"), t.TempDir()
	if path == "" {
		path = find(t, "victoria-metrics", "victoria-metrics")
	}
	v := &VictoriaMetrics{}
	data := filepath.Join(dir, "data")
	v.p = &process{
		name: "victoria-metrics", path: path, dir: dir,
		product: "VictoriaMetrics", version: func() (string, error) { return builtVersion(path) },
		command: func() []string {
			return slices.Concat([]string{
				"-storageDataPath=" + data,
				"-retentionPeriod=100y",
				"-httpListenAddr=" + v.http,
				"-opentsdbHTTPListenAddr=" + v.put,
				"-search.latencyOffset=0s",
				"-search.disableCache",
				"-memory.allowedBytes=256MiB",
				"-loggerLevel=WARN",
			}, flags)
		},
		// This page works last. It has the folder of the data, which tells this process from another
		// server with the port.
		ready: func(ctx context.Context) error {
			text, err := get(ctx, v.URL()+"/flags")
			if err == nil && !bytes.Contains(text, []byte(data)) {
				err = errors.New("another server answers")
			}
			return err
		},
	}
	return v
}

// Endpoint returns the base URL of /api/put.
func (v *VictoriaMetrics) Endpoint() string { return "http://" + v.put }

// URL returns the base URL of all other APIs, such as queries (/prometheus/api/v1).
func (v *VictoriaMetrics) URL() string { return "http://" + v.http }

// TakesDeflate reports whether the server accepts the content encoding deflate, as newer releases do.
func (v *VictoriaMetrics) TakesDeflate(t testing.TB) bool {
	t.Helper()
	var body bytes.Buffer
	z := zlib.NewWriter(&body)
	if _, err := z.Write([]byte("[]")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.Endpoint()+"/api/put", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Encoding", "deflate")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode < 300
}

// Stop ends the server in order.
func (v *VictoriaMetrics) Stop(t testing.TB) { v.p.stop(t) }

// Kill ends the server as a crash does. Points that it has acknowledged in the last seconds may be lost.
func (v *VictoriaMetrics) Kill(t testing.TB) { v.p.kill(t) }

// Restart starts the server again with the same data and ports. It first kills a running server.
func (v *VictoriaMetrics) Restart(t testing.TB) { v.p.restart(t) }

// Suspend suspends the server (SIGSTOP). The system still accepts connections, but requests get no answer.
func (v *VictoriaMetrics) Suspend(t testing.TB) { v.p.suspend(t) }

// Resume resumes a suspended server.
func (v *VictoriaMetrics) Resume(t testing.TB) { v.p.resume(t) }

// Points returns all points of the server, or only the points of certain metrics.
func (v *VictoriaMetrics) Points(t testing.TB, metrics ...string) []Point {
	t.Helper()
	if _, err := get(t.Context(), v.URL()+"/internal/force_flush"); err != nil {
		t.Fatal(err)
	}
	// Newer releases return no points for an end in the far future.
	end := strconv.FormatInt(time.Now().Add(24*time.Hour).Unix(), 10)
	form := url.Values{"start": {"1"}, "end": {end}, "match[]": {`{__name__!=""}`}}
	if len(metrics) > 0 {
		form.Del("match[]")
		for _, m := range metrics {
			form.Add("match[]", "{__name__="+quotePromQL(m)+"}")
		}
	}
	text, err := post(t.Context(), v.URL()+"/api/v1/export", form)
	if err != nil {
		t.Fatal(err)
	}
	points, err := parseExport(text)
	if err != nil {
		t.Fatalf("export of VictoriaMetrics: %v", err)
	}
	return points
}

// parseExport reads the answer of an export: a line of JSON for each series.
func parseExport(text []byte) ([]Point, error) {
	var points []Point
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var series struct {
			Metric     map[string]string `json:"metric"`
			Values     []float64         `json:"values"`
			Timestamps []int64           `json:"timestamps"`
		}
		if err := d.Decode(&series); errors.Is(err, io.EOF) {
			return points, nil
		} else if err != nil {
			return nil, err
		}
		if len(series.Values) != len(series.Timestamps) {
			return nil, fmt.Errorf("%d values at %d times", len(series.Values), len(series.Timestamps))
		}
		metric := takeName(series.Metric)
		for i, v := range series.Values {
			points = append(points, Point{Metric: metric, Tags: series.Metric, Time: series.Timestamps[i], Value: v})
		}
	}
}

// takeName removes the metric from labels, and returns it.
func takeName(labels map[string]string) string {
	name := labels["__name__"]
	delete(labels, "__name__")
	return name
}

func quotePromQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
