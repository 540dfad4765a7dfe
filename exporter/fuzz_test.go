// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// direct is a transport that lets a handler answer requests without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		r.Body.Close()
		if broken := recover(); broken != nil {
			if e, ok := broken.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
				panic(broken)
			}
			response, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r.Clone(r.Context()))
	response = w.Result()
	response.Request = r
	if length := int64(w.Body.Len()); response.ContentLength > length {
		response.Body = io.NopCloser(io.MultiReader(response.Body, cutOff{})) // as with net/http
	}
	return response, nil
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// anyOptions returns arbitrary options for an exporter whose client sends to a handler.
func (t *tape) anyOptions(handler http.Handler, more ...apptuitclient.Option) (opts []Option, mode encoding.SanitizeMode) {
	mode = encoding.SanitizeMode(t.below(3))
	clientOptions := append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: direct{handler}}),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{}),
		apptuitclient.WithCompression(apptuitclient.Compression(t.below(3))),
	}, more...)
	if t.below(2) == 1 {
		clientOptions = append(clientOptions, apptuitclient.WithMaxBatchPoints(1+t.below(20)))
	}
	if t.below(4) == 1 {
		clientOptions = append(clientOptions, apptuitclient.WithMaxBatchBytes(1+int64(t.byte())))
	}
	if t.below(2) == 1 {
		clientOptions = append(clientOptions, apptuitclient.WithTimestampResolution(time.Millisecond))
	}
	opts = []Option{WithClientOptions(clientOptions...), WithSanitizeMode(mode)}
	if t.below(2) == 1 {
		opts = append(opts, WithoutSelfMetrics())
	}
	if t.below(2) == 1 {
		opts = append(opts, WithoutScopeTags())
	}
	if t.below(2) == 1 {
		opts = append(opts, WithResourceAttributes(nil))
	}
	switch t.below(4) {
	case 1:
		opts = append(opts, WithCacheBytes(0))
	case 2:
		opts = append(opts, WithCacheBytes(int64(t.byte())*8))
	}
	if t.below(4) == 1 {
		opts = append(opts, WithPrefix(t.text()))
	}
	if mode == encoding.SanitizePrometheus && t.below(2) == 1 {
		opts = append(opts, WithPrometheusNames())
	}
	if t.below(2) == 1 {
		opts = append(opts, WithTargetInfo(nil))
	}
	if t.below(2) == 1 {
		opts = append(opts, WithStartPoints())
	}
	return opts, mode
}

// inReporterLayout selects the reporter layout, and undoes options of anyOptions that this layout does
// not support.
func inReporterLayout() Option {
	return optionFunc(func(c *config) {
		c.layout.Set("WithLayout", LayoutReporter)
		c.startPoints, c.prometheusNames = client.Optional[bool]{}, client.Optional[bool]{}
	})
}

// exportAnything derives metrics from bytes, and exports them a few times to a server whose
// behaviour the bytes determine. It requires that each wire point is accounted for
// correctly, and that the points that arrive are valid.
func exportAnything(t *testing.T, data []byte, more ...apptuitclient.Option) (*Exporter, *apptuittest.Handler) {
	t.Helper()
	bytes := &tape{data}
	handler := apptuittest.NewHandler()
	opts, mode := bytes.anyOptions(handler, more...)
	e := newExporter(t, opts...)
	var least, most uint64
	rm := bytes.resourceMetrics()
	for i := range 3 {
		if i == 2 {
			rm = bytes.resourceMetrics()
		}
		from, to := wirePoints(rm)
		if e.cfg.target.Value != nil {
			to++ // target_info
		}
		if e.cfg.startPoints.Value {
			to *= 2
		}
		least, most = least+from, most+to
		handler.Fail(bytes.faults()...)
		exportOne(t, e, rm)
	}
	s := e.Stats()
	if s.Produced < least || s.Produced > most {
		t.Errorf("%d points were produced, want %d to %d", s.Produced, least, most)
	}
	for _, r := range handler.Requests() {
		if !r.Faulted && r.Status == http.StatusBadRequest {
			t.Errorf("the server refuses some of %d points that it was sent", r.Points)
		}
	}
	wantValid(t, mode, handler.Points())
	return e, handler
}

// exportOne exports metrics, and requires that the error and the statistics agree.
func exportOne(t *testing.T, e *Exporter, rm *metricdata.ResourceMetrics) {
	t.Helper()
	before := e.Stats()
	err := e.Export(t.Context(), rm)
	s := e.Stats()
	if s.Produced != s.Accepted+s.Rejected+s.Spooled+s.Dropped {
		t.Errorf("stats %+v do not add up", s)
	}
	if err == nil {
		return
	}
	send := sendErrorOf(t, err)
	if send.Successful != int(s.Accepted-before.Accepted) || send.Failed != int(s.Rejected+s.Dropped-before.Rejected-before.Dropped) ||
		send.Spooled != int(s.Spooled-before.Spooled) {
		t.Errorf("the error counts %d sent, %d failed, %d spooled; the stats are %+v after %+v", send.Successful, send.Failed, send.Spooled, s, before)
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\r") {
		t.Errorf("the error is more than a line: %q", text)
	}
}

// ownPoints is the number of self metrics of an Export, including those of the spool.
const ownPoints = 13

// wantArrivedOf requires that as many points have arrived as are counted as accepted, not
// counting self metrics.
func wantArrivedOf(t *testing.T, handler *apptuittest.Handler, accepted, exports uint64) {
	t.Helper()
	if total := uint64(handler.Total()); total < accepted || total > accepted+exports*ownPoints {
		t.Errorf("%d points have arrived, %d of %d Exports are said to be accepted", total, accepted, exports)
	}
}

// wantValid requires that names and keys are valid in a sanitize mode. The server checks the rest of
// each point.
func wantValid(t *testing.T, mode encoding.SanitizeMode, points []apptuittest.Point) {
	t.Helper()
	valid := regexp.MustCompile(`^[\pL0-9_./-]+$`)
	if mode == encoding.SanitizePrometheus {
		valid = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	}
	for _, p := range points {
		for _, name := range append(slices.Collect(maps.Keys(p.Tags)), p.Metric) {
			if !valid.MatchString(name) {
				t.Errorf("%q arrived in mode %v", name, mode)
			}
		}
	}
}

// seedTape returns a tape that results mostly in one kind of aggregation.
func seedTape(kind, n int) []byte {
	random := rand.New(rand.NewPCG(uint64(kind), uint64(n)))
	seed := make([]byte, 40*n)
	for i := range seed {
		switch random.IntN(4) {
		case 0:
			seed[i] = byte(kind)
		case 1:
			seed[i] = byte(random.IntN(8))
		default:
			seed[i] = byte(random.Uint32())
		}
	}
	return seed
}

// FuzzExport exports arbitrary metrics to a server with arbitrary behaviour.
func FuzzExport(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(slices.Repeat([]byte{0xff}, 300))
	for kind := range kinds {
		for n := range 12 {
			f.Add(seedTape(kind, 1+2*n))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, handler := exportAnything(t, data)
		s := e.Stats()
		if s.Spooled > 0 {
			t.Errorf("%d points are spooled, without a spool", s.Spooled)
		}
		wantArrivedOf(t, handler, s.Accepted, s.Exports)
	})
}

// Spooled points are delivered later, by another client.
func TestSpool_DeliversArbitraryMetrics(t *testing.T) {
	var spooled, replayed, rejected uint64
	for kind := range kinds {
		for n := range 6 {
			t.Run(fmt.Sprint(kind, n), func(t *testing.T) {
				dir := spoolDir(t)
				synctest.Test(t, func(t *testing.T) {
					spool := apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(1000))
					quiet := apptuitclient.WithWarningHandler(func(error) {})
					e, handler := exportAnything(t, seedTape(kind, 3+4*n), spool, quiet)
					client := e.cfg.client
					if err := e.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					s := e.Stats()
					first, _ := client.SpoolStats()
					handler.Fail(slices.Repeat([]apptuittest.Fault{{Status: 503}, {Reset: true}}, 2)...)
					next := newClient(t, spool, quiet, apptuitclient.WithEndpoint("http://fake.test"),
						apptuitclient.WithHTTPClient(&http.Client{Transport: direct{handler}}))
					second := emptied(t, next)
					if second.Found != uint64(first.Points) || s.Spooled != first.Replayed+first.Rejected+first.Dropped+second.Found ||
						second.Found != second.Replayed+second.Rejected+second.Dropped {
						t.Errorf("%d points were spooled: %+v, then %+v", s.Spooled, first, second)
					}
					if n := first.Dropped + second.Dropped; n > 0 {
						t.Errorf("%d spooled points were dropped", n)
					}
					wantArrivedOf(t, handler, s.Accepted+first.Replayed+second.Replayed, s.Exports)
					spooled, replayed, rejected = spooled+s.Spooled, replayed+first.Replayed+second.Replayed, rejected+first.Rejected+second.Rejected
				})
			})
		}
	}
	t.Logf("of %d spooled points, %d were delivered and %d refused later", spooled, replayed, rejected)
	if spooled == 0 || replayed == 0 {
		t.Error("nothing was spooled and delivered: this tests nothing")
	}
}

// emptied waits until a client's spool is empty, and closes the client.
func emptied(t *testing.T, c *apptuitclient.Client) apptuitclient.SpoolStats {
	t.Helper()
	defer c.Close()
	for end := time.Now().Add(time.Hour); ; time.Sleep(time.Second) {
		s, _ := c.SpoolStats()
		if s.Batches == 0 || time.Now().After(end) {
			if s.Batches > 0 {
				t.Errorf("after an hour the spool has %+v", s)
			}
			return s
		}
	}
}
