// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// reportRefusal reports why the probe was not accepted. x is nil if no request was sent.
func reportRefusal(ctx context.Context, r *run, f *findings, x *exchange, err error) {
	var status *apptuitclient.StatusError
	var send *apptuitclient.SendError
	switch {
	case errors.Is(err, apptuitclient.ErrUnauthorized):
		reportUnauthorized(r, f, x, err)
	case errors.As(err, &send) && len(send.Errors) > 0:
		refused := send.Errors[0]
		f.fail(pointAdvice(send), "the point is refused: %s", refused.Error())
	case errors.As(err, &status):
		f.fail(statusAdvice(r, x, status), "%s", cause(err))
	default:
		text := cause(err).Error()
		if ctx.Err() != nil {
			text = "no answer: " + text
		}
		f.fail(brokenOffAdvice(r, x, err), "%s", text)
	}
}

// cause returns the error of the only batch.
func cause(err error) error {
	var send *apptuitclient.SendError
	if errors.As(err, &send) {
		if causes := send.Unwrap(); len(causes) > 0 {
			return causes[0]
		}
	}
	return err
}

// reportUnauthorized reports a missing token, a wrong token, or a token without permission.
func reportUnauthorized(r *run, f *findings, x *exchange, err error) {
	var status *apptuitclient.StatusError
	forbidden := errors.As(err, &status) && status.StatusCode == http.StatusForbidden
	if status != nil && status.StatusCode == http.StatusProxyAuthRequired { // it is not about the token
		f.about("proxy").fail(statusAdvice(r, x, status), "%s", cause(err))
		return
	}
	_, from := r.inEffect("token")
	sent := x != nil && x.authorized
	f = f.about("token")
	switch {
	case !sent:
		f.fail("Set APPTUIT_API_TOKEN, or name a file with the token in APPTUIT_API_TOKEN_FILE.", "the server requires a token, but none was sent: %s", cause(err))
	case forbidden:
		f.fail("The token of "+from.owner()+" has no permission for this, or a proxy in front of the server refuses the request.", "%s", cause(err))
	default:
		f.fail("The token of "+from.owner()+" is wrong or has expired, or belongs to a server other than "+r.endpoint.Host+".", "%s", cause(err))
	}
}

// pointAdvice returns advice about a point that was rejected for its content.
func pointAdvice(err *apptuitclient.SendError) string {
	switch err.StatusCode {
	case 0:
		return "The probe has only tags of the configuration and the resource, which all points have. Correct these tags."
	case http.StatusRequestEntityTooLarge:
		return "The server, or a proxy in front of it, refuses even one point as too large. Raise its limit (nginx: client_max_body_size)."
	}
	return "The server accepts points, but not this name, these tags, this time or this value."
}

// statusAdvice returns advice about an answer that does not accept the points.
func statusAdvice(r *run, x *exchange, err *apptuitclient.StatusError) string {
	switch code := err.StatusCode; {
	case code < 300:
		if strings.Contains(x.header.Get("Content-Type"), "html") {
			return "The answer is an HTML page, perhaps a login page. Check the endpoint."
		}
		return "The answer does not come from an ingest API, and nothing was stored. Check the endpoint."
	case code < 400:
		return "The client does not follow this redirect. If the new address is right, set it as the endpoint."
	case code == http.StatusBadRequest:
		return badRequestAdvice(r, x, err)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code == http.StatusGone:
		return "The server does not accept points at this path. Check host, port and path. InfluxDB accepts points at the bind-address of [[opentsdb]]."
	case code == http.StatusProxyAuthRequired:
		return refusedByProxyAdvice(code)
	case code == http.StatusTooManyRequests:
		text := "The server asks for fewer requests"
		if after := x.header.Get("Retry-After"); after != "" {
			text += fmt.Sprintf(" (Retry-After: %.40s)", after)
		}
		return text + ". The exporter waits and retries. If the server continues to refuse requests, export less often, or ask for a higher limit."
	case code == http.StatusInternalServerError && strings.Contains(err.Message, "database not found"):
		return "Create the database that [[opentsdb]] names in InfluxDB: CREATE DATABASE."
	case apptuitclient.Retryable(err):
		return "The server cannot accept points now. The exporter retries. The server's log may name the reason."
	}
	return "The server does not accept points. Its log may name the reason."
}

// brokenOffAdvice returns advice about a request without a complete answer. A TLS port answers 400 to
// a request without TLS and closes the connection; the text of its answer may be lost.
func brokenOffAdvice(r *run, x *exchange, err error) string {
	if x != nil && x.status == http.StatusBadRequest && r.endpoint.Scheme == "http" {
		return "The server closed the connection before it had read the request. If the port uses TLS, the endpoint must begin with https://."
	}
	return networkAdvice(err)
}

// badRequestAdvice returns advice about a 400. It recognizes the texts of some servers.
func badRequestAdvice(r *run, x *exchange, err *apptuitclient.StatusError) string {
	switch text := err.Message; {
	case strings.Contains(text, "HTTPS"):
		return "The port uses TLS: the endpoint must begin with https://."
	case strings.Contains(text, "unsupported path"), strings.Contains(text, "unexpected path"):
		return "VictoriaMetrics does not accept points at this port, but at the port of -opentsdbHTTPListenAddr, often 4242."
	case x.encoding == "deflate":
		return "InfluxDB 1.6 and VictoriaMetrics 1.79 do not accept deflate. Use gzip: set APPTUIT_COMPRESSION=gzip, or remove the variable."
	}
	return "The server refuses the request for the reason that it gives."
}
