// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// What a status means without a body that says more. Retries are on: what is retried succeeds then.
func TestStatuses(t *testing.T) {
	retried := map[int]bool{408: true, 429: true, 500: true, 502: true, 503: true, 504: true}
	halved := map[int]bool{413: true}
	accepted := map[int]bool{200: true, 204: true}
	for _, code := range []int{
		200, 201, 202, 203, 204, 205, 206, 207, 300, 301, 302, 303, 304, 305, 307, 308,
		400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 421, 422, 423, 425, 426, 428, 429, 431, 451, 499,
		500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 599,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, status(code), status(http.StatusNoContent))
			err := f.client().Send(t.Context(), numberedPoints(4))
			requests := 1
			switch {
			case retried[code]:
				requests = 2
			case halved[code]:
				requests = 3
			}
			if got := len(f.all()); got != requests {
				t.Errorf("%d: %d requests, want %d", code, got, requests)
			}
			if retried[code] || halved[code] || accepted[code] {
				if err != nil {
					t.Errorf("%d: %v", code, err)
				}
				return
			}
			e := counted(t, err, 0, 4)
			if e.StatusCode != code {
				t.Errorf("%d: the error has status %d", code, e.StatusCode)
			}
			contains(t, err, fmt.Sprintf("apptuit: 0 points sent, 4 failed with status %d: fake.test/api/put: server answered %d", code, code))
			if unauthorized := code == 401 || code == 403; errors.Is(err, apptuitclient.ErrUnauthorized) != unauthorized {
				t.Errorf("%d: unauthorized is %v", code, !unauthorized)
			}
			if apptuitclient.Retryable(err) {
				t.Errorf("%d: %v may be sent again", code, err)
			}
			var s *apptuitclient.StatusError
			if !errors.As(err, &s) || s.StatusCode != code {
				t.Errorf("%d: no StatusError in %v", code, err)
			}
		})
	}
}

// What is and is not success, by the body of a 200 and other statuses.
func TestAcceptance(t *testing.T) {
	const login = "<!DOCTYPE html>\n<html><title>Sign in</title></html>"
	for _, tt := range []struct {
		name       string
		code       int
		body       string
		successful int
		want       string // in the error
	}{
		{"an empty 200", 200, "", 4, ""},
		{"white space", 200, " \r\n\t", 4, ""},
		{"details", 200, `{"success":4,"failed":0}`, 4, ""},
		{"details with empty errors", 200, `{"success":4,"failed":0,"errors":[],"timeouts":0,"more":1}`, 4, ""},
		{"more than sent", 200, `{"success":9,"failed":0}`, 4, ""},
		{"a 400 that is none", 400, `{"success":4,"failed":0}`, 4, ""},

		{"partly failed", 200, `{"success":3,"failed":1,"errors":[]}`, 3, "3 stored, 1 failed, 0 timed out of 4; 1 not named"},
		{"partly failed, no errors", 200, `{"success":3,"failed":1}`, 3, "1 not named"},
		{"partly timed out", 200, `{"success":3,"failed":0,"timeouts":1}`, 3, "1 timed out"},
		{"too few for no failure", 200, `{"success":3,"failed":0}`, 3, "3 stored, 0 failed"},
		{"none stored", 200, `{"success":0,"failed":0}`, 0, "0 stored"},
		{"all stored and all failed", 200, `{"success":4,"failed":4}`, 0, "4 not named"},
		{"contradicting numbers", 200, `{"success":4,"failed":1}`, 3, "1 not named"},
		{"contradicting time-outs", 200, `{"success":4,"failed":0,"timeouts":2}`, 2, "2 not named"},
		{"negative numbers", 200, `{"success":-3,"failed":-1}`, 0, "4 not named"},
		{"a negative failure", 200, `{"success":2,"failed":-2}`, 2, "2 not named"},
		{"more failed than sent", 400, `{"success":1,"failed":90}`, 0, "4 not named"},
		{"errors of another kind", 400, `{"success":3,"failed":1,"errors":"one"}`, 3, "1 not named"},
		{"errors of other kinds", 400, `{"success":3,"failed":1,"errors":[1,null,"x",{}]}`, 3, "1 not named"},

		{"a login page", 200, login, 0, "not an ingest endpoint: fake.test/api/put: server answered 200 OK: Sign in"},
		{"text", 200, "OK", 0, "not an ingest endpoint: fake.test/api/put: server answered 200 OK: OK"},
		{"another object", 200, `{"status":"ok"}`, 0, "not an ingest endpoint"},
		{"only success", 200, `{"success":4}`, 0, "not an ingest endpoint"},
		{"numbers as text", 200, `{"success":"4","failed":"0"}`, 0, "not an ingest endpoint"},
		{"null", 200, "null", 0, "not an ingest endpoint"},
		{"an array", 200, "[]", 0, "not an ingest endpoint"},
		{"cut off", 200, `{"success":4,"failed":0`, 0, "not an ingest endpoint"},
		{"two objects", 200, `{"success":4,"failed":0}{"success":4,"failed":0}`, 0, "not an ingest endpoint"},

		{"202 with details", 202, `{"success":4,"failed":0}`, 0, "server answered 202 Accepted"},
		{"text of a 400", 400, "one too many", 0, "server answered 400 Bad Request: one too many"},
		{"HTML of a 400", 400, login, 0, "400 Bad Request: Sign in"},
		{"OpenTSDB's error", 400, `{"error":{"code":400,"message":"Unable to parse","details":"long","trace":"longer"}}`, 0, "400 Bad Request: Unable to parse"},
		{"nothing", 400, "", 0, "server answered 400 Bad Request"},
		{"control characters", 403, "a\x00b\x1b[31m\r\nc\xff", 0, "403 Forbidden: a b [31m c\uFFFD"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, text(tt.code, tt.body))
			err := f.client().Send(t.Context(), numberedPoints(4))
			if len(f.all()) != 1 {
				t.Errorf("%d requests", len(f.all()))
			}
			if tt.successful == 4 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := counted(t, err, tt.successful, 4-tt.successful)
			if e.StatusCode != tt.code || apptuitclient.Retryable(err) {
				t.Errorf("status %d, may be sent again: %v", e.StatusCode, apptuitclient.Retryable(err))
			}
			contains(t, err, tt.want)
		})
	}
}

func TestMessagesAreShort(t *testing.T) {
	f := newFake(t, text(http.StatusForbidden, strings.Repeat("äöü ", 100_000)))
	err := f.client().Send(t.Context(), numberedPoints(1))
	if n := len([]rune(err.Error())); n > 400 {
		t.Errorf("an error of %d characters", n)
	}
	contains(t, err, "äöü äöü", "…")
}

// One 400 of several batches does not keep the others from being sent.
func TestBatchesAreIndependent(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent), text(http.StatusBadRequest, "no"), status(http.StatusNoContent), text(http.StatusNotFound, "gone"))
	err := f.client(apptuitclient.WithMaxBatchPoints(10)).Send(t.Context(), numberedPoints(35))
	e := counted(t, err, 20, 15)
	if len(f.all()) != 4 || e.StatusCode != http.StatusBadRequest {
		t.Errorf("%d requests, status %d", len(f.all()), e.StatusCode)
	}
	contains(t, err, "20 points sent, 15 failed with status 400: fake.test/api/put: server answered 400 Bad Request: no; fake.test/api/put: server answered 404 Not Found: gone")
}
