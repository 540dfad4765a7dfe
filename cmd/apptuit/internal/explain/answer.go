// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// answers keeps the status of the last answer, and the compression of its request. It is safe for
// concurrent use.
type answers struct {
	mu          sync.Mutex
	status      int
	compression string
}

// around wraps a transport, and keeps its answers.
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

// checkAnswer adds the reason why the server did not accept points.
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

// serverAdvice returns advice for the reason with which a server rejects a point.
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
		return "compression", "The server does not support the compression: set APPTUIT_COMPRESSION=gzip, or none."
	}
	return "server-rejects", "The reason of the server is above. apptuit doctor finds out which server it is."
}
