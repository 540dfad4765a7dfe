// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/amount"
)

// Sent is the answer of the server to the points.
type Sent struct {
	Points   int `json:"points"` // that were sent
	Accepted int `json:"accepted"`
	// Status is the HTTP status of the last answer, 0 if there was none.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

// answers keeps the status of the last answer, and the compression of its request. It is safe for
// concurrent use.
type answers struct {
	mu          sync.Mutex
	status      int
	compression string
}

// around returns a transport whose answers are kept.
func (a *answers) around(base http.RoundTripper) http.RoundTripper {
	return answered{base, a}
}

type answered struct {
	http.RoundTripper
	answers *answers
}

// RoundTrip implements http.RoundTripper.
func (t answered) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	t.answers.mu.Lock()
	defer t.answers.mu.Unlock()
	t.answers.status, t.answers.compression = 0, r.Header.Get("Content-Encoding")
	if err == nil {
		t.answers.status = response.StatusCode
	}
	return response, err
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t answered) CloseIdleConnections() {
	if base, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// last returns the status of the last answer, 0 if there was none, and the compression of its
// request.
func (a *answers) last() (status int, compression string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status, a.compression
}

// sendPoints exports the chosen data points as the program would.
func (x *run) sendPoints(ctx context.Context) {
	type part struct {
		indexes          []int
		points, rejected int
	}
	sent := &Sent{}
	parts := map[*metricdata.ResourceMetrics]*part{}
	var order []*metricdata.ResourceMetrics
	for _, p := range x.chosen {
		of := parts[p.export]
		if of == nil {
			of = &part{}
			parts[p.export] = of
			order = append(order, p.export)
		}
		of.indexes = append(of.indexes, p.index)
		of.points += len(p.Points)
		of.rejected += len(p.Rejected)
		sent.Points += len(p.Points)
	}
	if sent.Points == 0 {
		return // a finding says why
	}
	x.report.Sent = sent
	for _, rm := range order {
		of := parts[rm]
		err := x.exporter.Export(ctx, only(rm, of.indexes))
		sent.Status, _ = x.answers.last()
		if err == nil {
			sent.Accepted += of.points
			continue
		}
		var failure *apptuitclient.SendError
		if errors.As(err, &failure) {
			sent.Accepted += max(0, of.points+of.rejected-failure.Failed)
		}
		// Points that the exporter rejects are findings already.
		if failure != nil && failure.StatusCode == 0 && failure.Failed <= of.rejected && len(failure.Errors) > 0 {
			continue
		}
		sent.Error = err.Error()
		x.checkAnswer(ctx, err)
		break
	}
}

// checkAnswer adds the reason why points were not accepted.
func (x *run) checkAnswer(ctx context.Context, err error) {
	var failure *apptuitclient.SendError
	if errors.As(err, &failure) && failure.StatusCode != http.StatusRequestEntityTooLarge {
		for i := range failure.Errors {
			if e := &failure.Errors[i]; errors.Unwrap(e) == nil {
				x.add(isCause, "server-rejects", serverAdvice(e.Reason), "the server rejects the point of %s: %s", e.Point.Metric, e.Reason)
				return
			}
		}
	}
	cause, advice := x.answerCause(ctx, err)
	x.add(isCause, cause, advice, "the server %s does not accept the points: %v", x.client.Endpoint(), err)
}

// serverAdvice returns advice for the reason of a server.
func serverAdvice(reason string) string {
	lower := strings.ToLower(reason)
	switch {
	case strings.Contains(lower, "too many tags"):
		return "Set APPTUIT_SERVER=opentsdb, which has the limit of the server, and leave attributes out; or raise the limit of the server (tsd.storage.max_tags)."
	case strings.Contains(lower, "invalid tag value"), strings.Contains(lower, "illegal character"):
		return "Set APPTUIT_SERVER=opentsdb: values are then rewritten."
	case strings.Contains(lower, "unknown metric"), strings.Contains(lower, "no such name"):
		return "Create the metric, or let the server create metrics (tsd.core.auto_create_metrics)."
	}
	return ""
}

// answerCause returns the cause of a failed request, and advice.
func (x *run) answerCause(ctx context.Context, err error) (cause, advice string) {
	status, compression := x.answers.last()
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var limited net.Error
	text := strings.ToLower(err.Error())
	switch {
	case errors.Is(err, apptuitclient.ErrUnauthorized):
		return "unauthorized", "Check APPTUIT_API_TOKEN: it is missing, wrong, or not allowed to write."
	case errors.As(err, &dns):
		return "unknown-host", "Check the name of the host in APPTUIT_ENDPOINT."
	case errors.As(err, &certificate):
		return "certificate", "Give the certificate of the authority (APPTUIT_CERTIFICATE, --ca-file)."
	case strings.Contains(text, "proxyconnect"):
		return "proxy", "The proxy does not connect: check APPTUIT_PROXY and HTTPS_PROXY."
	case status == 0 && (ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &limited) && limited.Timeout()):
		return "no-answer", "The server does not answer in time: look at its load and log."
	case status == 0:
		return "unreachable", "Check APPTUIT_ENDPOINT: nothing answers there. apptuit doctor checks the connection step by step."
	case status == http.StatusRequestEntityTooLarge:
		return "too-large", "The server, or a proxy before it, limits the size of requests."
	case status == http.StatusTooManyRequests:
		return "throttled", "The server limits requests: export less often, or raise its limit."
	case status >= 500 && strings.Contains(text, "partial write"):
		return "server-rejects", "InfluxDB has stored the other points. Its reason is above."
	case status >= 500 && status != http.StatusNotImplemented:
		return "server-error", "Look at the log of the server. Exporters retry such answers."
	case slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, status), status < 400:
		return "not-ingest", "Check APPTUIT_ENDPOINT: it must be the base URL of a server with /api/put. VictoriaMetrics has it at the port of -opentsdbHTTPListenAddr."
	case status == http.StatusBadRequest && compression == "deflate":
		return "compression", "The server does not read the compression: set APPTUIT_COMPRESSION=gzip, or none."
	}
	return "server-rejects", "The reason of the server is above. apptuit doctor finds out which server it is."
}

// only returns the data points of metrics with some indexes.
func only(rm *metricdata.ResourceMetrics, indexes []int) *metricdata.ResourceMetrics {
	n := 0
	part := &metricdata.ResourceMetrics{Resource: rm.Resource}
	for _, sm := range rm.ScopeMetrics {
		scope := metricdata.ScopeMetrics{Scope: sm.Scope}
		for _, m := range sm.Metrics {
			keep := func() bool { n++; return slices.Contains(indexes, n-1) }
			if data := selected(m.Data, keep); data != nil {
				m.Data = data
				scope.Metrics = append(scope.Metrics, m)
			}
		}
		part.ScopeMetrics = append(part.ScopeMetrics, scope)
	}
	return part
}

// selected returns the data points for which keep returns true, nil if there are none.
func selected(data metricdata.Aggregation, keep func() bool) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Sum[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Gauge[int64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Gauge[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Histogram[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.ExponentialHistogram[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Summary:
		return filter(&d, &d.DataPoints, keep)
	}
	return nil
}

// filter is selected for one type of data. points is its field DataPoints.
func filter[D metricdata.Aggregation, T any](data *D, points *[]T, keep func() bool) metricdata.Aggregation {
	*points = slices.DeleteFunc(slices.Clone(*points), func(T) bool { return !keep() })
	if len(*points) == 0 {
		return nil
	}
	return *data
}

// sentText describes the answer.
func (s *Sent) sentText() string {
	text := fmt.Sprintf("%d of %s accepted", s.Accepted, amount.Of(s.Points, "point"))
	if s.Status != 0 {
		text += fmt.Sprintf(", the last answer has the status %d", s.Status)
	}
	if s.Error != "" {
		text += ": " + s.Error
	}
	return text
}

// waitFor waits for some time, and reports whether ctx is still open.
func waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
