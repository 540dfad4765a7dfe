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

// reportRefusal reports why the probe was not accepted. The exchange is nil if there was no
// request.
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

// reportUnauthorized distinguishes a missing token, a wrong one, and one without the permission.
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
		f.fail("Give one: APPTUIT_API_TOKEN, or a file with it in APPTUIT_API_TOKEN_FILE.", "the server wants a token, and none was sent: %s", cause(err))
	case forbidden:
		f.fail("The token is known, but may not do this; or something before the server refuses. It is the one of "+from.owner()+".", "%s", cause(err))
	default:
		f.fail("The token of "+from.owner()+" is wrong or has expired, or is one of another server than "+r.endpoint.Host+".", "%s", cause(err))
	}
}

// pointAdvice returns advice about a point that was rejected for its content.
func pointAdvice(err *apptuitclient.SendError) string {
	switch err.StatusCode {
	case 0:
		return "All points have the tags of the configuration and the resource. Mend those."
	case http.StatusRequestEntityTooLarge:
		return "The server, or a proxy before it, takes less than one point: its limit (nginx: client_max_body_size) has to be larger."
	}
	return "The server takes points, but not with such a name, tags, time or value."
}

// statusAdvice returns advice about an answer that is no success.
func statusAdvice(r *run, x *exchange, err *apptuitclient.StatusError) string {
	switch code := err.StatusCode; {
	case code < 300:
		if strings.Contains(x.header.Get("Content-Type"), "html") {
			return "That is a page, perhaps a login, and no ingest API. Is the endpoint right?"
		}
		return "Whatever answers there, it is no ingest API: nothing was stored. Is the endpoint right?"
	case code < 400:
		return "Points are not sent on to another address. If it is the right one, make it the endpoint."
	case code == http.StatusBadRequest:
		return badRequestAdvice(r, x, err)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed, code == http.StatusGone:
		return "Points are not taken at this path. Are host, port and path right? InfluxDB takes them at the bind-address of [[opentsdb]]."
	case code == http.StatusProxyAuthRequired:
		return refusedByProxyAdvice(code)
	case code == http.StatusTooManyRequests:
		text := "The server asks for fewer requests"
		if after := x.header.Get("Retry-After"); after != "" {
			text += fmt.Sprintf(" (Retry-After: %.40s)", after)
		}
		return text + ". The exporter would wait and try again; if it lasts, export less often or ask for a higher limit."
	case code == http.StatusInternalServerError && strings.Contains(err.Message, "database not found"):
		return "InfluxDB needs the database that [[opentsdb]] names: CREATE DATABASE."
	case apptuitclient.Retryable(err):
		return "The server is there, but does not do it now. The exporter would try again; the server's log says why."
	}
	return "Whatever answers there does not take points. Its log may say why."
}

// brokenOffAdvice returns advice about a request without a complete answer. A port that speaks
// TLS answers 400 to the first bytes of HTTP and closes the connection; its words may be lost.
func brokenOffAdvice(r *run, x *exchange, err error) string {
	if x != nil && x.status == http.StatusBadRequest && r.endpoint.Scheme == "http" {
		return "The server has not read all before it closed the connection. If the port speaks TLS, the endpoint must begin with https://."
	}
	return networkAdvice(err)
}

// badRequestAdvice recognizes the words of servers that do not understand a request.
func badRequestAdvice(r *run, x *exchange, err *apptuitclient.StatusError) string {
	switch text := err.Message; {
	case strings.Contains(text, "HTTPS"):
		return "The port speaks TLS: the endpoint must begin with https://."
	case strings.Contains(text, "unsupported path"), strings.Contains(text, "unexpected path"):
		return "VictoriaMetrics takes points at the port of -opentsdbHTTPListenAddr, often 4242, and none here."
	case x.encoding == "deflate":
		return "InfluxDB 1.6 and VictoriaMetrics 1.79 do not accept deflate. Use gzip: APPTUIT_COMPRESSION=gzip, or leave it out."
	}
	return "The server understands the request, or not, but does not take it. What it says is all that is known."
}
