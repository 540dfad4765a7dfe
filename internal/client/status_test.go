// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// Which answers are a success, by their status and body.
func TestClient_Send_AcceptsByStatusAndBody(t *testing.T) {
	const login = "<!DOCTYPE html>\n<html><title>Sign in</title></html>"
	for _, tt := range []struct {
		name       string
		code       int
		body       string
		successful int
		want       string // part of the error
	}{
		{"an empty 200", 200, "", 4, ""},
		{"white space", 200, " \r\n\t", 4, ""},
		{"details", 200, `{"success":4,"failed":0}`, 4, ""},
		{"details with empty errors", 200, `{"success":4,"failed":0,"errors":[],"timeouts":0,"more":1}`, 4, ""},
		{"201 with details", 201, `{"success":4,"failed":0}`, 4, ""},
		{"202 with details", 202, `{"success":4,"failed":0}`, 4, ""},
		{"an empty 202", 202, "", 4, ""},
		{"a 400 without failed points", 400, `{"success":4,"failed":0}`, 4, ""},

		{"partly failed", 200, `{"success":3,"failed":1,"errors":[]}`, 3, "3 stored, 1 failed, 0 timed out of 4 points (1 not named by the server)"},
		{"partly failed, no errors", 200, `{"success":3,"failed":1}`, 3, "1 not named"},
		{"partly timed out", 200, `{"success":3,"failed":0,"timeouts":1}`, 3, "1 timed out"},
		{"stored beyond its own count", 200, `{"success":4,"failed":0,"errors":[{"datapoint":{"metric":"m","tags":{"i":"1"},"timestamp":1700000001,"value":1},"error":"late"}]}`, 3, "m{i=1} at 1700000001: late"},

		{"more than sent", 200, `{"success":9,"failed":0}`, 0, "9 stored, 0 failed, 0 timed out, but 4 points were sent"},
		{"counts below the points sent", 200, `{"success":3,"failed":0}`, 0, "3 stored, 0 failed, 0 timed out, but 4 points were sent"},
		{"none stored", 200, `{"success":0,"failed":0}`, 0, "0 stored, 0 failed, 0 timed out, but 4 points were sent"},
		{"all stored and all failed", 200, `{"success":4,"failed":4}`, 0, "4 stored, 4 failed"},
		{"contradicting numbers", 200, `{"success":4,"failed":1}`, 0, "4 stored, 1 failed"},
		{"contradicting timeouts", 200, `{"success":4,"failed":0,"timeouts":2}`, 0, "2 timed out"},
		{"negative numbers", 200, `{"success":-3,"failed":-1}`, 0, "-3 stored"},
		{"a negative failure", 200, `{"success":6,"failed":-2}`, 0, "-2 failed"},
		{"more failed than sent", 400, `{"success":1,"failed":90}`, 0, "90 failed"},
		{"a sum that overflows", 200, `{"success":9223372036854775807,"failed":9223372036854775807,"timeouts":6}`, 0, "9223372036854775807 stored"},
		{"a number that overflows", 200, `{"success":4,"failed":18446744073709551616}`, 0, "but 4 points were sent"},
		{"a number below all", 200, `{"success":4,"failed":-18446744073709551616}`, 0, "but 4 points were sent"},
		{"a fraction", 200, `{"success":4.0,"failed":0}`, 0, "not an ingest endpoint"},

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

		{"a 202 with a page", 202, login, 0, "not an ingest endpoint: fake.test/api/put: server answered 202 Accepted: Sign in"},
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

func TestStatusError_ShortensMessages(t *testing.T) {
	f := newFake(t, text(http.StatusForbidden, strings.Repeat("äöü ", 100_000)))
	err := f.client().Send(t.Context(), numberedPoints(1))
	if n := len([]rune(err.Error())); n > 400 {
		t.Errorf("an error of %d characters", n)
	}
	contains(t, err, "äöü äöü", "…")
}

// A 400 for one of several batches does not stop the others.
func TestClient_Send_ContinuesAfterARefusedBatch(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent), text(http.StatusBadRequest, "no"), status(http.StatusNoContent), text(http.StatusNotFound, "gone"))
	err := f.client(apptuitclient.WithMaxBatchPoints(10)).Send(t.Context(), numberedPoints(35))
	e := counted(t, err, 20, 15)
	if len(f.all()) != 4 || e.StatusCode != http.StatusBadRequest {
		t.Errorf("%d requests, status %d", len(f.all()), e.StatusCode)
	}
	contains(t, err, "20 points sent, 15 failed with status 400: fake.test/api/put: server answered 400 Bad Request: no; fake.test/api/put: server answered 404 Not Found: gone")
}
