// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

const (
	metric = "http.server.active_requests"
	step   = 15 * time.Second
)

// epoch is the time of the first point.
var epoch = time.Unix(1_767_225_600, 0).UTC()

// size is the number of series in an answer, of points in each series, and of the parts in
// which the answer is asked for: servers limit the points of a series to 11,000.
type size struct{ series, points, parts int }

func (s size) end() time.Time { return epoch.Add(time.Duration(s.points-1) * step) }

// newMatrix returns the data of the answers. One series has short decimals, the next
// growing integers, the next floats of 16 to 17 digits, the next a mixture of all.
func newMatrix(s size) model.Matrix {
	matrix := make(model.Matrix, s.series)
	for i := range matrix {
		random, count := rand.New(rand.NewPCG(uint64(i), 1)), 0
		kinds := []func() float64{
			func() float64 { return float64(random.IntN(200_000)-20_000) / 1000 },
			func() float64 { count += random.IntN(1000); return float64(count) },
			func() float64 { return random.NormFloat64() * 100 },
		}
		next := func() float64 { return kinds[random.IntN(len(kinds))]() }
		if i%4 < len(kinds) {
			next = kinds[i%4]
		}
		matrix[i] = &model.SampleStream{Values: make([]model.SamplePair, s.points), Metric: model.Metric{
			model.MetricNameLabel:       metric,
			"host":                      model.LabelValue(fmt.Sprintf("web-%03d.fra1.example.com", i/8)),
			"service.name":              []model.LabelValue{"checkout", "cart", "search", "payments"}[i%4],
			"service.instance.id":       model.LabelValue(fmt.Sprintf("9b1deb4d-3b7d-4bad-9bdd-%012x", i)),
			"http.request.method":       []model.LabelValue{"GET", "POST"}[i%2],
			"http.response.status_code": []model.LabelValue{"200", "404", "500"}[i%3],
			"deployment.environment":    "production",
		}}
		for p := range matrix[i].Values {
			at := model.TimeFromUnixNano(epoch.Add(time.Duration(p) * step).UnixNano())
			matrix[i].Values[p] = model.SamplePair{Timestamp: at, Value: model.SampleValue(next())}
		}
	}
	return matrix
}

// writeMatrix writes an answer of Prometheus.
func writeMatrix(w io.Writer, matrix model.Matrix) error {
	return json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": matrix}})
}

// nativeAnswer is an answer of Apptuit's query API, as encoding/json reads and writes it.
type nativeAnswer struct {
	Outputs [1]struct {
		ID     string         `json:"id"`
		Result []nativeSeries `json:"result"`
	} `json:"outputs"`
}

type nativeSeries struct {
	Metric string            `json:"metric"`
	Tags   map[string]string `json:"tags"`
	Points [][2]float64      `json:"dps"` // Unix seconds and value
}

// writeNative writes an answer of Apptuit's query API.
func writeNative(w io.Writer, matrix model.Matrix) error {
	var a nativeAnswer
	a.Outputs[0].ID = "out0"
	for _, s := range matrix {
		one := nativeSeries{Metric: metric, Tags: map[string]string{}, Points: make([][2]float64, len(s.Values))}
		for key, value := range s.Metric {
			if key != model.MetricNameLabel {
				one.Tags[string(key)] = string(value)
			}
		}
		for p, v := range s.Values {
			one.Points[p] = [2]float64{float64(v.Timestamp.Unix()), float64(v.Value)}
		}
		a.Outputs[0].Result = append(a.Outputs[0].Result, one)
	}
	return json.NewEncoder(w).Encode(a)
}

// writeAnswers writes an answer into files, one for each part of its time span.
func writeAnswers(tb testing.TB, format string, s size) *transport {
	whole, t, dir := newMatrix(s), &transport{onRead: func() {}}, tb.TempDir()
	write := writeMatrix
	if format == "native" {
		write = writeNative
	}
	for part := range s.parts {
		matrix := make(model.Matrix, len(whole))
		for i, one := range whole {
			matrix[i] = &model.SampleStream{Metric: one.Metric, Values: one.Values[s.points*part/s.parts : s.points*(part+1)/s.parts]}
		}
		file, err := os.Create(filepath.Join(dir, strconv.Itoa(part)))
		if err != nil {
			tb.Fatal(err)
		}
		if err := errors.Join(write(file, matrix), file.Close()); err != nil {
			tb.Fatal(err)
		}
		t.files = append(t.files, file.Name())
	}
	return t
}

// transport answers requests without a network: with the files one after the other, and
// over again.
type transport struct {
	files  []string
	next   atomic.Int64
	onRead func()
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := t.open()
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: body, ContentLength: -1, Request: r,
	}, err
}

func (t *transport) open() (io.ReadCloser, error) {
	file, err := os.Open(t.files[int(t.next.Add(1)-1)%len(t.files)])
	return &answer{file, t.onRead}, err
}

type answer struct {
	io.ReadCloser
	onRead func()
}

func (a *answer) Read(p []byte) (int, error) {
	a.onRead()
	return a.ReadCloser.Read(p)
}
