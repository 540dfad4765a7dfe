// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"github.com/apptuitai/apptuit-go/query"
)

const (
	metric = "http.server.active_requests"
	step   = 15 * time.Second
)

// epoch is the time of the first point.
var epoch = time.Unix(1_767_225_600, 0).UTC()

// size is the number of series in an answer, and of points in each series.
type size struct{ series, points int }

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

func newNativeAnswer(matrix model.Matrix) *nativeAnswer {
	a := &nativeAnswer{}
	a.Outputs[0].ID = "out0"
	for _, s := range matrix {
		one := nativeSeries{Metric: metric, Tags: map[string]string{}}
		for key, value := range s.Metric {
			if key != model.MetricNameLabel {
				one.Tags[string(key)] = string(value)
			}
		}
		for _, v := range s.Values {
			one.Points = append(one.Points, [2]float64{float64(v.Timestamp.Unix()), float64(v.Value)})
		}
		a.Outputs[0].Result = append(a.Outputs[0].Result, one)
	}
	return a
}

// result copies the points to the slices of package query.
func (a *nativeAnswer) result() *query.Result {
	all := make([]query.Series, len(a.Outputs[0].Result))
	for i, s := range a.Outputs[0].Result {
		all[i] = query.Series{Metric: s.Metric, Tags: s.Tags, Timestamps: make([]int64, len(s.Points)), Values: make([]float64, len(s.Points))}
		for k, p := range s.Points {
			all[i].Timestamps[k], all[i].Values[k] = int64(p[0])*1000, p[1]
		}
	}
	return &query.Result{Outputs: []query.Output{{ID: a.Outputs[0].ID, Series: all}}}
}

// agrees reports whether a decoder has returned the data of the answer, with all digits.
func agrees(decoded any, answer model.Matrix) bool {
	if r, ok := decoded.(*query.Result); ok {
		return reflect.DeepEqual(r.Outputs[0].Series, newNativeAnswer(answer).result().Outputs[0].Series)
	}
	return reflect.DeepEqual(decoded, answer)
}

// writeAnswers writes an answer into files, one for each part of its time span.
func writeAnswers(tb testing.TB, c cell) *transport {
	whole, t, parts := newMatrix(c.size), &transport{}, c.parts()
	for part := range parts {
		matrix := make(model.Matrix, len(whole))
		for i, one := range whole {
			matrix[i] = &model.SampleStream{Metric: one.Metric, Values: one.Values[c.points*part/parts : c.points*(part+1)/parts]}
		}
		var answer any = map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": matrix}}
		if c.format == "native" {
			answer = newNativeAnswer(matrix)
		}
		text, err := json.Marshal(answer)
		file := filepath.Join(tb.TempDir(), "answer.json")
		if err := errors.Join(err, os.WriteFile(file, text, 0o600)); err != nil {
			tb.Fatal(err)
		}
		t.files = append(t.files, file)
	}
	return t
}

// transport answers requests without a network: with the files one after the other, and
// over again.
type transport struct {
	files []string
	next  atomic.Int64
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := t.open()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, ContentLength: -1, Request: r}, err
}

func (t *transport) open() (*os.File, error) {
	return os.Open(t.files[int(t.next.Add(1)-1)%len(t.files)])
}
