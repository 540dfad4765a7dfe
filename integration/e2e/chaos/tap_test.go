// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// tap is a transport that reads every request, and as much of each answer as the client reads. It notes in
// the ledger whether the points of the request are stored.
type tap struct {
	base   http.RoundTripper
	ledger *ledger
}

// RoundTrip makes a request.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	points, err := pointsOf(r)
	if err != nil {
		return nil, fmt.Errorf("the tap cannot read a request: %w", err)
	}
	response, err := t.base.RoundTrip(r)
	if err != nil {
		v := unclear
		if neverSent(err) {
			v = refused
		}
		t.note(points, func(*servers.Point) verdict { return v })
		return nil, err
	}
	response.Body = &answer{ReadCloser: response.Body, t: t, status: response.StatusCode, points: points}
	return response, nil
}

func (t *tap) note(points []servers.Point, judge func(*servers.Point) verdict) {
	for i := range points {
		if _, refused := points[i].Tags[refusedKey]; !refused && !isSelf(points[i].Metric) {
			t.ledger.note(points[i].Key(), judge(&points[i]))
		}
	}
}

// neverSent reports whether a request failed before it was sent.
func neverSent(err error) bool {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &certificate)
}

// answer is the body of a response. The client may close it while another goroutine reads it.
type answer struct {
	io.ReadCloser
	t      *tap
	status int
	points []servers.Point
	once   sync.Once

	mu    sync.Mutex // guards the fields below
	seen  bytes.Buffer
	whole bool
}

// maxSeen bounds the text of an answer that is kept. Answers with details about points are shorter.
const maxSeen = 1 << 20

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen.Write(p[:min(n, maxSeen-min(a.seen.Len(), maxSeen))])
	a.whole = a.whole || errors.Is(err, io.EOF)
	return n, err
}

// Close judges the points by the text that was read.
func (a *answer) Close() error {
	a.once.Do(func() { a.t.note(a.points, a.judge()) })
	return a.ReadCloser.Close()
}

func (a *answer) judge() func(*servers.Point) verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := func(v verdict) func(*servers.Point) verdict { return func(*servers.Point) verdict { return v } }
	blank := a.whole && len(bytes.TrimSpace(a.seen.Bytes())) == 0
	success := a.status/100 == 2
	if success || a.status == http.StatusBadRequest {
		if named := a.named(); named != nil {
			return named
		}
	}
	switch {
	case a.status == http.StatusNoContent, success && blank:
		return all(accepted)
	case success, a.status == http.StatusRequestTimeout:
		return all(unclear)
	case bytes.Contains(a.seen.Bytes(), []byte("partial write: ")): // only points with the refused key are not stored
		return all(accepted)
	case a.status >= 500 && a.status != http.StatusServiceUnavailable:
		return all(unclear)
	}
	return all(refused)
}

// named returns the judgment of an answer with details about points, nil if the answer is not complete.
func (a *answer) named() func(*servers.Point) verdict {
	var text struct {
		Success, Failed *int
		Errors          []struct{ Datapoint wirePoint }
	}
	if !a.whole || json.Unmarshal(a.seen.Bytes(), &text) != nil || text.Success == nil || text.Failed == nil {
		return nil
	}
	failed := map[string]bool{}
	for _, e := range text.Errors {
		p := e.Datapoint.point()
		failed[p.Key()] = true
	}
	if *text.Success+len(failed) != len(a.points) {
		return func(*servers.Point) verdict { return unclear }
	}
	return func(p *servers.Point) verdict {
		if failed[p.Key()] {
			return refused
		}
		return accepted
	}
}

// wirePoint is a point in a request. In an answer, OpenTSDB quotes the value of a point that it refuses.
type wirePoint struct {
	Metric    string
	Tags      map[string]string
	Timestamp int64
	Value     any
}

func (w *wirePoint) point() servers.Point {
	p := servers.Point{Metric: w.Metric, Tags: w.Tags, Time: w.Timestamp * 1000}
	p.Value, _ = w.Value.(float64)
	return p
}

// pointsOf reads the points of a request without consuming its body.
func pointsOf(r *http.Request) ([]servers.Point, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return decode(r.Header.Get("Content-Encoding"), body)
}

// decode reads points from a body.
func decode(encoding string, body io.Reader) ([]servers.Point, error) {
	if strings.EqualFold(encoding, "gzip") {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	var all []wirePoint
	d := json.NewDecoder(body)
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	points := make([]servers.Point, len(all))
	for i := range all {
		points[i] = all[i].point()
	}
	return points, nil
}
