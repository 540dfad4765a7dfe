// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
)

func bearer(token string) string { return "Bearer " + token }

func basic(user, token string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token))
}

func (e *exchange) authorized() bool {
	accepted := e.h.cfg.authorizations
	got := []byte(e.r.Header.Get("Authorization"))
	for _, want := range accepted {
		if subtle.ConstantTimeCompare(got, []byte(want)) == 1 {
			return true
		}
	}
	return len(accepted) == 0
}

// pointFail is an element of the errors in OpenTSDB's answer: a point that was not accepted, and the reason.
type pointFail struct {
	Datapoint echo   `json:"datapoint"`
	Error     string `json:"error"`
}

// echo is a point in OpenTSDB's answer, in which its value is a string.
type echo struct {
	Metric    string            `json:"metric"`
	Timestamp any               `json:"timestamp"`
	Value     string            `json:"value"`
	Tags      map[string]string `json:"tags"`
}

func newEcho(p Point) echo {
	e := echo{Metric: p.Metric, Timestamp: p.Timestamp.String(), Value: p.Value.String(), Tags: p.Tags}
	if n, err := p.Timestamp.Int64(); err == nil {
		e.Timestamp = n
	}
	return e
}

func (e *exchange) put(body *requestBody) (answer, []Point) {
	if e.r.Method != http.MethodPost {
		return notAllowed(e.r.Method, http.MethodPost), nil
	}
	server := e.h.cfg.dialect
	if a, refused := server.refuse(e.r); refused {
		return a, nil
	}
	points, failures, err := e.readPoints(body)
	if err != nil {
		return server.unreadable(err, e.h.cfg.maxBodyBytes), nil
	}
	return server.answer(e, len(points), failures), points
}

// status returns the status of the answer to a put, which a fault with Reject may replace.
func (e *exchange) status(own int) int {
	if e.fault.Reject != nil && e.fault.Status != 0 {
		return e.fault.Status
	}
	return own
}

// readPoints reads the whole body, and returns its valid and its rejected points. With an error, it returns no points.
func (e *exchange) readPoints(body *requestBody) (points []Point, failures []pointFail, err error) {
	decoded, err := body.decoded(e.h.cfg.maxBodyBytes)
	if err != nil {
		return nil, nil, err
	}
	seen := 0
	err = decodePoints(decoded, func(w wirePoint) error {
		seen++
		p, reason, err := e.h.cfg.dialect.judge(w)
		if err != nil {
			return err
		}
		if reason == "" && e.fault.Reject != nil {
			reason = e.fault.Reject(p.clone())
		}
		if reason == "" {
			points = append(points, p)
		} else {
			failures = append(failures, pointFail{Datapoint: newEcho(p), Error: reason})
		}
		return nil
	})
	e.h.note(func() { e.record.Points = seen; e.record.DecodedBytes = decoded.n })
	if err != nil {
		return nil, nil, err
	}
	return points, failures, nil
}

func textAnswer(status int, text string) answer {
	return answer{status: status, contentType: "text/plain; charset=utf-8", body: []byte(text + "\n")}
}

func notAllowed(method, allowed string) answer {
	a := errorAnswer(http.StatusMethodNotAllowed, "Method not allowed",
		fmt.Sprintf("The HTTP method [%s] is not permitted for this endpoint", method))
	a.header = http.Header{"Allow": {allowed}}
	return a
}

func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("apptuittest: encoding an answer: %v", err))
	}
	return answer{status: status, contentType: "application/json; charset=UTF-8", body: body}
}

// errorAnswer returns an answer with the object in which OpenTSDB reports an error of a whole request.
func errorAnswer(status int, message, details string) answer {
	type object struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Details string `json:"details,omitempty"`
	}
	return jsonAnswer(status, map[string]object{"error": {Code: status, Message: message, Details: details}})
}
