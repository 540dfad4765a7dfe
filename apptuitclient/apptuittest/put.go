// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// writeTimedOut is OpenTSDB's error of a point that a synchronous put has not written in time.
const writeTimedOut = "Write timedout"

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

// verdict is what a put answers.
type verdict struct {
	Success  int         `json:"success"`
	Failed   int         `json:"failed"`
	Timeouts *int        `json:"timeouts,omitempty"`
	Errors   []pointFail `json:"errors,omitzero"`
}

// pointFail is a point that was not accepted, as OpenTSDB returns it: its value is a string there.
type pointFail struct {
	Datapoint echo   `json:"datapoint"`
	Error     string `json:"error"`
}

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
	query := e.r.URL.Query()
	var syncTimeout int
	if text := query.Get("sync_timeout"); text != "" {
		var err error
		if syncTimeout, err = strconv.Atoi(text); err != nil {
			return errorAnswer(http.StatusBadRequest, "Unable to parse sync_timeout", err.Error()), nil
		}
	}

	points, failures, err := e.readPoints(body)
	switch {
	case errors.Is(err, errTooLarge):
		return errorAnswer(http.StatusRequestEntityTooLarge, "Request Entity Too Large",
			fmt.Sprintf("The body is longer than %d bytes", e.h.cfg.maxBodyBytes)), nil
	case err != nil:
		return errorAnswer(http.StatusBadRequest, "Unable to parse the given JSON", err.Error()), nil
	case len(points)+len(failures) == 0:
		return errorAnswer(http.StatusBadRequest, "No datapoints found in content", ""), nil
	}

	v := verdict{Success: len(points)}
	timeouts := 0
	for _, f := range failures {
		if f.Error == writeTimedOut {
			timeouts++
		}
	}
	v.Failed = len(failures) - timeouts
	if syncTimeout > 0 || timeouts > 0 {
		v.Timeouts = &timeouts
	}
	if query.Has("details") {
		v.Errors = append([]pointFail{}, failures...)
	}
	return e.putAnswer(v, len(failures) > 0, query.Has("details") || query.Has("summary")), points
}

func (e *exchange) putAnswer(v verdict, failed, wanted bool) answer {
	status := http.StatusOK
	if failed {
		status = http.StatusBadRequest
	}
	if e.fault.Reject != nil && e.fault.Status != 0 {
		status = e.fault.Status
	}
	switch {
	case wanted && !e.h.cfg.withoutDetails:
		return jsonAnswer(status, v)
	case !failed && status == http.StatusOK:
		return answer{status: http.StatusNoContent}
	case !failed || e.h.cfg.withoutDetails:
		return answer{status: status}
	default:
		return errorAnswer(status, "One or more data points had errors",
			`Append "details" to the put request to learn which and why`)
	}
}

// readPoints reads the whole body and judges its points one by one. On an error there are none.
func (e *exchange) readPoints(body *requestBody) (points []Point, failures []pointFail, err error) {
	decoded, err := body.decoded(e.h.cfg.maxBodyBytes)
	if err != nil {
		return nil, nil, err
	}
	seen := 0
	err = decodePoints(decoded, func(p Point, duplicateTag bool) {
		seen++
		reason := judge(p, duplicateTag)
		if reason == "" && e.fault.Reject != nil {
			reason = e.fault.Reject(p.clone())
		}
		if reason == "" {
			points = append(points, p)
		} else {
			failures = append(failures, pointFail{Datapoint: newEcho(p), Error: reason})
		}
	})
	e.h.note(func() { e.record.Points = seen; e.record.DecodedBytes = decoded.n })
	if err != nil {
		return nil, nil, err
	}
	return points, failures, nil
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

// errorAnswer is the object in which OpenTSDB reports what concerns a whole request.
func errorAnswer(status int, message, details string) answer {
	type object struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Details string `json:"details,omitempty"`
	}
	return jsonAnswer(status, map[string]object{"error": {Code: status, Message: message, Details: details}})
}
