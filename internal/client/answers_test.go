// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

var update = flag.Bool("update", false, "rewrite the tables in docs/guarantees.md and docs/servers.md")

// fate is the expected outcome for the points of a batch after an answer.
type fate struct {
	// plain and spooled are the cells of the table in the documentation.
	plain, spooled string
	check          func(t *testing.T, plain, spooled seen)
}

// seen is the observed outcome for four points.
type seen struct {
	requests               int
	accepted, failed, kept int // by Send
	retryable              bool
	replayed, rejected     uint64 // later, when the server accepts everything
	warnings               []string
}

// accepted, rejected and so on are the possible outcomes.
func accepted() fate {
	return fate{"accepted", "accepted", func(t *testing.T, plain, spooled seen) {
		for _, s := range []seen{plain, spooled} {
			if s.accepted != 4 || s.requests != 1 || len(s.warnings) > 0 {
				t.Errorf("%+v", s)
			}
		}
	}}
}

func rejected() fate {
	return fate{"rejected", "rejected", func(t *testing.T, plain, spooled seen) {
		for _, s := range []seen{plain, spooled} {
			if s.failed != 4 || s.requests != 1 || s.retryable || len(s.warnings) > 0 {
				t.Errorf("%+v", s)
			}
		}
	}}
}

// counted is the outcome if the server reports that the given number of four points has
// failed.
func countedFate(cell string, failed int) fate {
	return fate{cell, cell, func(t *testing.T, plain, spooled seen) {
		for _, s := range []seen{plain, spooled} {
			if s.failed != failed || s.accepted != 4-failed || s.requests != 1 || s.retryable || len(s.warnings) > 0 {
				t.Errorf("%+v", s)
			}
		}
	}}
}

func retried() fate {
	return fate{"sent again, until the deadline or for a minute; then dropped", "spooled", func(t *testing.T, plain, spooled seen) {
		if plain.failed != 4 || plain.requests < 3 || !plain.retryable {
			t.Errorf("without a spool: %+v", plain)
		}
		wantSpooled(t, spooled, 4)
	}}
}

func transientPoints() fate {
	return fate{"those points are sent again, then dropped", "those points are spooled", func(t *testing.T, plain, spooled seen) {
		if plain.accepted != 3 || plain.failed != 1 || plain.requests < 3 || !plain.retryable {
			t.Errorf("without a spool: %+v", plain)
		}
		if spooled.accepted != 3 || spooled.kept != 1 || spooled.requests != 1 || spooled.replayed != 1 {
			t.Errorf("with a spool: %+v", spooled)
		}
	}}
}

// awaited is the outcome for points that wait until the configuration is corrected.
func awaited(cell string) fate {
	return fate{cell, "spooled", func(t *testing.T, plain, spooled seen) {
		if plain.failed != 4 || plain.requests != 1 || plain.retryable {
			t.Errorf("without a spool: %+v", plain)
		}
		wantSpooled(t, spooled, 4)
	}}
}

func split() fate {
	return fate{"sent in halves, down to single points", "sent in halves, down to single points", func(t *testing.T, plain, spooled seen) {
		for _, s := range []seen{plain, spooled} {
			if s.failed != 4 || s.requests != 7 || s.retryable {
				t.Errorf("%+v", s)
			}
		}
	}}
}

// wantSpooled requires that all points were spooled, reported once, and finally delivered.
func wantSpooled(t *testing.T, s seen, n int) {
	t.Helper()
	if s.kept != n || s.failed != 0 || s.requests != 1 || int(s.replayed) != n || s.rejected != 0 || len(s.warnings) != 1 ||
		!strings.Contains(s.warnings[0], "points go to the spool") || !strings.Contains(s.warnings[0], "fake.test") {
		t.Errorf("with a spool: %+v", s)
	}
}

// answerRow is a row of the table in docs/guarantees.md: answers with the same meaning.
type answerRow struct {
	text    string
	answers []any // statuses, answers, functions that return answers, or errors of the connection
	fate    fate
}

func answerRows() []answerRow {
	put := func(code, success, failed int, faults ...pointFault) answer {
		return text(code, details(success, failed, 0, faults...))
	}
	page := "<!DOCTYPE html><title>Sign in</title>"
	partial := "write series error: partial write: invalid tag key: input tag \"time\" on measurement \"m\" is invalid dropped=1"
	bad := pointFault{echo(1), "Unknown metric"}
	busy := func(code int) func(*call) (answer, error) { // refuses point 1 in every request
		return func(c *call) (answer, error) {
			return put(code, strings.Count(c.text, "metric")-1, 1, pointFault{echo(1), "Please throttle"}), nil
		}
	}
	return []answerRow{
		{"2xx without a body", []any{200, 201, 202, 203, 204, 205, 206, 299, text(200, " \r\n")}, accepted()},
		{"2xx with a put answer", []any{put(200, 4, 0), put(201, 4, 0), put(202, 4, 0)}, accepted()},
		{
			"a put answer that counts failed points",
			[]any{put(200, 3, 1), put(400, 3, 1), put(400, 3, 1, bad), put(422, 3, 1, bad), put(200, 3, 1, bad)},
			countedFate("those points rejected, the others accepted", 1),
		},
		{"a put answer of OpenTSDB with points that it may store later, for example `Please throttle`", []any{busy(400), busy(200)}, transientPoints()},
		{
			"InfluxDB (`WithServer`: `influxdb` or `generic`): `partial write: … dropped=N`",
			[]any{text(500, partial), text(400, partial), text(500, partial+" for database: opentsdb\n")},
			countedFate("N points rejected, the others accepted", 1),
		},
		{
			"400 or 422 with a reason",
			[]any{
				text(400, "cannot parse"), text(422, "no"), text(400, `{"message":"bad value"}`),
				text(400, `{"error":{"code":400,"message":"Unable to parse"}}`),
			},
			rejected(),
		},
		{
			"413, or 400 that says so (“too large”, “too big”, “Chunked request not supported”)",
			[]any{
				413, text(413, page), text(400, "too big HTTP OpenTSDB request; mustn't exceed `-opentsdbhttp.maxInsertRequestSize=2000` bytes"),
				text(400, "cannot decode opentsdb data: too big data size exceeding -opentsdbhttp.maxInsertRequestSize=40000 bytes"),
				text(400, "too big decompressed data size exceeding -opentsdbhttp.maxInsertRequestSize=40000 bytes"),
				text(400, "Chunked request not supported."), text(400, "http: request body too large"), text(422, `{"error":"Payload Too Large"}`), text(500, "http: request body too large"),
			},
			split(),
		},
		{
			"408, 421, 425, 429; 5xx, known or not, except 501 and 505",
			[]any{
				408, 421, 425, 429, 500, 502, 503, 504, 506, 507, 508, 509, 510, 511, 520, 521, 522, 525, 530, 561, 598, 599, 600, 999,
				text(500, "partial write: x dropped=5"), text(500, "partial write: x dropped=0"), text(500, "partial write: dropped=99999999999999999999"),
			},
			retried(),
		},
		{
			"no answer, a broken connection",
			[]any{syscall.ECONNREFUSED, syscall.ECONNRESET, io.EOF, errors.New("no route"), answer{code: 200, stream: brokenBody(`{"success":4,"fai`)}},
			retried(),
		},
		{"401, 403", []any{401, 403, text(403, page)}, awaited("rejected, after a new token was asked for")},
		{
			"407 and any other 4xx, 501, 505; a redirect that is not followed; a page or any other body; counts that do not add up",
			[]any{
				402, 404, 405, 407, 406, 409, 410, 411, 412, 415, 417, 418, 423, 424, 426, 428, 431, 444, 451, 499, 501, 505,
				status(301, "Location", "/login"), status(302, "Location", "https://elsewhere.test/"), 300, 304, status(307, "Location", "https://elsewhere.test/"),
				text(404, "404 page not found"), text(200, page), text(200, "OK"), text(202, "queued"), text(200, `{"status":"ok"}`), text(404, "partial write: x dropped=1"), text(400, page),
				400, 422, text(400, "\x00\x00\n\x00"), text(400, "Bad Request"), text(400, "400 Bad Request\n"), text(400, "{}"), text(400, "[]"), text(422, "null"),
				text(400, `{"message":"Bad Request"}`), text(400, `{"error":{"code":400,"message":"Bad Request"}}`), text(400, `{"message":null}`), text(400, "HTTP 400 - Bad Request!"),
				text(400, "400 Bad Request: missing required Host header"), text(400, "Invalid host header"), text(400, "invalid token"), text(400, "no healthy upstream"),
				text(400, `{"success":2,"failed":"2"}`), text(400, `{"success":2.0,"failed":2}`), text(400, `{"success":2}`), text(400, `{"success":2,"failed":2}x`),
				text(400, "partial write: x dropped=5"), 101, text(400, "Client sent an HTTP request to an HTTPS server.\n"),
				text(400, `unsupported path requested: "/api/put"`),
				put(200, 9, 0), put(200, 3, 0), put(200, 4, 4), put(200, -4, 8), put(400, 0, 99), text(200, `{"success":4,"failed":99999999999999999999}`),
				text(200, `{"success":4`), text(200, `{"success":4,"failed":0}{}`),
			},
			awaited("rejected"),
		},
		{
			"a certificate that is not trusted",
			[]any{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
			awaited("dropped, without another attempt"),
		},
	}
}

// brokenBody is a body that ends with an error.
func brokenBody(start string) io.ReadCloser {
	return io.NopCloser(io.MultiReader(strings.NewReader(start), brokenReader{}))
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, syscall.ECONNRESET }

// The outcome for the points of a batch, by answer, without and with a spool.
func TestClient_Send_OutcomeByAnswer(t *testing.T) {
	for _, row := range answerRows() {
		for _, a := range row.answers {
			t.Run(nameOf(a), func(t *testing.T) {
				answers, ok := a.(func(*call) (answer, error))
				if !ok {
					answers = func(*call) (answer, error) { return asAnswer(a) }
				}
				row.fate.check(t, observe(t, answers, false), observe(t, answers, true))
			})
		}
	}
}

func nameOf(a any) string {
	switch a := a.(type) {
	case answer:
		return fmt.Sprintf("%d %.30s", a.code, a.body)
	case func(*call) (answer, error):
		return "by point"
	}
	return fmt.Sprint(a)
}

func asAnswer(a any) (answer, error) {
	switch a := a.(type) {
	case int:
		return status(a), nil
	case error:
		return answer{}, a
	case answer:
		if a.stream != nil {
			a.stream = brokenBody(`{"success":4,"fai`) // a stream can be read only once
		}
		return a, nil
	}
	panic("not an answer")
}

// observe sends four points to a server that gives the answer. With a spool, the server
// accepts everything an hour later.
func observe(t *testing.T, answers func(*call) (answer, error), withSpool bool) (s seen) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		f, set := changing(t, answers)
		opts := []apptuitclient.Option{apptuitclient.WithToken(theToken), w.option()}
		if withSpool {
			opts = append(opts, apptuitclient.WithSpool(spoolDir(t)))
		}
		c := f.client(opts...)
		err := c.Send(t.Context(), numberedPoints(4))
		s.requests, s.retryable, s.accepted = len(f.all()), apptuitclient.Retryable(err), 4
		var e *apptuitclient.SendError
		if errors.As(err, &e) {
			s.accepted, s.failed = e.Successful, e.Failed
		} else if err != nil {
			t.Fatal(err)
		}
		s.warnings = w.take()
		if !withSpool {
			return
		}
		s.kept = int(stats(t, c).Spooled)
		s.accepted -= s.kept
		time.Sleep(time.Hour) // an answer that persists must not lose points
		set(always(http.StatusNoContent))
		time.Sleep(time.Hour)
		later := stats(t, c)
		s.replayed, s.rejected = later.Replayed, later.Rejected
	})
	return s
}

// docs/guarantees.md contains the table of these answers.
func TestGuaranteesPage_HasTheAnswers(t *testing.T) {
	var table strings.Builder
	table.WriteString("| answer | without a spool | with a spool |\n|---|---|---|\n")
	for _, row := range answerRows() {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", row.text, row.fate.plain, row.fate.spooled)
	}
	checkTable(t, "../../docs/guarantees.md", table.String())
}

// checkTable compares a page with a table that the test has made, and replaces the table in
// the page with -update.
func checkTable(t *testing.T, name, table string) {
	t.Helper()
	start, end := "<!-- made by "+t.Name()+" -->\n", "<!-- end -->\n"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), start)
	got, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatalf("%s has no place for the table", name)
	}
	if got == table {
		return
	}
	if !*update {
		t.Fatalf("%s has another table: run go test ./internal/client -run %s -update", name, t.Name())
	}
	if err := os.WriteFile(name, []byte(before+start+table+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
