// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// transport answers each request from memory or a file, with the bodies one
// after the other, and over again.
type transport struct {
	bodies []func() (io.ReadCloser, error)
	next   atomic.Int64
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := t.bodies[int(t.next.Add(1)-1)%len(t.bodies)]()
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: body, ContentLength: -1, Request: r,
	}, nil
}

// inMemory answers with a body that is there.
func inMemory(body []byte) *transport {
	return &transport{bodies: []func() (io.ReadCloser, error){
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}}
}

const address = "http://server.invalid"

// newClient returns this project's client over a transport.
func newClient(tb testing.TB, t http.RoundTripper) *query.Client {
	tb.Helper()
	core, err := apptuitclient.New(apptuitclient.WithEndpoint(address), apptuitclient.WithHTTPClient(&http.Client{Transport: t}))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = core.Close() })
	return query.New(core, query.WithMaxResponseBytes(1<<30))
}

// native asks by package query.
func native(ctx context.Context, c *query.Client, s size) (*query.Result, error) {
	return c.Query(ctx, "fetch('"+metric+"')", epoch, s.end())
}

// matrix asks by package query.
func matrix(ctx context.Context, c *query.Client, s size) (*query.Result, error) {
	return c.QueryRange(ctx, "{__name__='"+metric+"'}", epoch, s.end(), step)
}

// answer is the native format as encoding/json takes it.
type answer struct {
	Outputs []struct {
		ID     string `json:"id"`
		Result []struct {
			Metric string            `json:"metric"`
			Tags   map[string]string `json:"tags"`
			Points [][2]float64      `json:"dps"`
		} `json:"result"`
	} `json:"outputs"`
}

// result has the points in the form in which package query gives them.
func (a *answer) result() *query.Result {
	r := &query.Result{Outputs: make([]query.Output, len(a.Outputs))}
	for i, o := range a.Outputs {
		r.Outputs[i] = query.Output{ID: o.ID, Series: make([]query.Series, len(o.Result))}
		for j, s := range o.Result {
			one := query.Series{
				Metric: s.Metric, Tags: s.Tags,
				Timestamps: make([]int64, len(s.Points)), Values: make([]float64, len(s.Points)),
			}
			for k, p := range s.Points {
				one.Timestamps[k], one.Values[k] = int64(p[0])*1000, p[1]
			}
			r.Outputs[i].Series[j] = one
		}
	}
	return r
}

// nativeByJSON decodes with encoding/json what is already in memory, which
// spares it the reading.
func nativeByJSON(body []byte) (*query.Result, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	return a.result(), nil
}

// nativeByJSONStream decodes with encoding/json from a stream.
func nativeByJSONStream(r io.Reader) (*query.Result, error) {
	var a answer
	if err := json.NewDecoder(r).Decode(&a); err != nil {
		return nil, err
	}
	return a.result(), nil
}

// newPrometheus returns the client of Prometheus over a transport.
func newPrometheus(tb testing.TB, t http.RoundTripper) promv1.API {
	tb.Helper()
	client, err := api.NewClient(api.Config{Address: address, RoundTripper: t})
	if err != nil {
		tb.Fatal(err)
	}
	return promv1.NewAPI(client)
}

// matrixByPrometheus asks by the client of Prometheus.
func matrixByPrometheus(ctx context.Context, a promv1.API, s size) (model.Matrix, error) {
	value, _, err := a.QueryRange(ctx, "{__name__='"+metric+"'}", promv1.Range{Start: epoch, End: s.end(), Step: step})
	if err != nil {
		return nil, err
	}
	m, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("a %T where a matrix is expected", value)
	}
	return m, nil
}

// pointsOf counts.
func pointsOf(r *query.Result) int {
	if r == nil {
		return 0
	}
	n := 0
	for _, o := range r.Outputs {
		for i := range o.Series {
			n += o.Series[i].Len()
		}
	}
	return n
}
