// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// inFront starts nginx in front of VictoriaMetrics. The server block has the directives of the test, and
// passes other requests on.
func inFront(t *testing.T, http, server string) (*servers.Nginx, *servers.VictoriaMetrics) {
	t.Helper()
	v := servers.StartVictoriaMetrics(t)
	return servers.StartNginx(t, fmt.Sprintf(`%s
server {
	listen {{.Addr}};
	%s
	location / { proxy_pass %s; }
}`, http, server, v.Endpoint())), v
}

// delivered fails the test unless VictoriaMetrics has these points, each once.
func delivered(t *testing.T, v *servers.VictoriaMetrics, want []servers.Point) {
	t.Helper()
	if diff := servers.Diff(want, v.Points(t), servers.VictoriaMetricsTolerance); diff != "" {
		t.Error(diff)
	}
}

// statuses returns the statuses of all attempts.
func (w *wire) statuses() []int {
	var s []int
	for _, a := range w.seen() {
		s = append(s, a.status)
	}
	return s
}

func TestSend_ReportsA401(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", `if ($http_authorization != "Bearer right-token") { return 401; }`)
	sent, stored := samplePoints(10)

	f := func(token string) {
		t.Helper()
		w := newWire()
		err := newClient(t, n.URL(), apptuitclient.WithToken(token), w.client()).Send(within(t, 20*time.Second), sent)
		s := sendError(t, err)
		if s.StatusCode != http.StatusUnauthorized || s.Failed != len(sent) || !errors.Is(err, apptuitclient.ErrUnauthorized) {
			t.Errorf("status %d, %d failed: %v", s.StatusCode, s.Failed, err)
		}
		if apptuitclient.Retryable(err) || len(w.seen()) != 1 {
			t.Errorf("%d requests with a wrong token: %v", len(w.seen()), err)
		}
		if token != "" && strings.Contains(fmt.Sprintf("%v %+v %#v", err, s, s), token) {
			t.Error("the token is in the error")
		}
	}
	f("wrong-token")
	f("") // no Authorization at all
	delivered(t, v, nil)

	if err := newClient(t, n.URL(), apptuitclient.WithToken("right-token")).Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	delivered(t, v, stored)
}

// The server no longer accepts the token of the client.
func TestSend_ReadsARotatedToken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old-token")
	asked := 0
	source := func(context.Context) (string, error) {
		asked++
		return []string{"old-token", "new-token"}[min(asked, 2)-1], nil
	}
	f := func(want []int, token apptuitclient.Option, meanwhile func()) {
		t.Helper()
		n, v := inFront(t, "", `if ($http_authorization != "Bearer new-token") { return 401; }`)
		w := newWire()
		c := newClient(t, n.URL(), token, w.client())
		meanwhile()
		sent, stored := samplePoints(10)
		if err := c.Send(within(t, 20*time.Second), sent); err != nil {
			t.Fatal(err)
		}
		if got := w.statuses(); !slices.Equal(got, want) {
			t.Errorf("statuses: %v, want %v", got, want)
		}
		delivered(t, v, stored)
	}
	f([]int{401, 204}, apptuitclient.WithTokenSource(source), func() {})
	// The file's change is seen before the request.
	f([]int{204}, apptuitclient.WithTokenFile(file), func() { write("new-token") })
}

func TestSend_WithBasicAuthentication(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", `auth_basic "points"; auth_basic_user_file {{.Dir}}/users;`)
	if err := os.WriteFile(filepath.Join(n.Dir(), "users"), []byte("ann:{PLAIN}secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sent, stored := samplePoints(10)
	err := newClient(t, n.URL(), apptuitclient.WithUserID("ann"), apptuitclient.WithToken("wrong")).Send(within(t, 20*time.Second), sent)
	if !errors.Is(err, apptuitclient.ErrUnauthorized) {
		t.Errorf("with a wrong password: %v", err)
	}
	delivered(t, v, nil)
	c := newClient(t, n.URL(), apptuitclient.WithUserID("ann"), apptuitclient.WithToken("secret"))
	if err := c.Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	delivered(t, v, stored)
}

// The client splits batches until the proxy accepts the requests.
func TestSend_SplitsAfter413(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "client_max_body_size 1k;", "")
	sent, stored := samplePoints(3000)
	for name, compression := range map[string]apptuitclient.Compression{"gzip": apptuitclient.CompressionGzip, "none": apptuitclient.CompressionNone} {
		for i := range sent {
			sent[i].Tags["compression"] = name
		}
		w := newWire()
		c := newClient(t, n.URL(), w.client(), apptuitclient.WithCompression(compression))
		if err := c.Send(within(t, 30*time.Second), sent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refused := 0
		for _, s := range w.statuses() {
			if s == http.StatusRequestEntityTooLarge {
				refused++
			} else if s != http.StatusNoContent {
				t.Errorf("%s: a request was answered %d", name, s)
			}
		}
		// It takes one request each to learn that half is too large as well.
		if total := len(w.seen()); refused < 3 || refused > 12 {
			t.Errorf("%s: %d of %d requests were too large", name, refused, total)
		}
	}
	var all []servers.Point
	for _, p := range stored {
		for _, name := range []string{"gzip", "none"} {
			all = append(all, servers.Point{Metric: p.Metric, Tags: map[string]string{"series": p.Tags["series"], "compression": name}, Time: p.Time, Value: p.Value})
		}
	}
	delivered(t, v, all)
}

// A point that is too large for a request is rejected; the other points are stored.
func TestSend_RejectsAPointThatIsTooLarge(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "client_max_body_size 2k;", "")
	sent, stored := samplePoints(50)
	big := apptuitclient.DataPoint{Metric: "big", Tags: map[string]string{"text": strings.Repeat("x", 5000)}, Timestamp: past, Value: 1}
	c := newClient(t, n.URL(), apptuitclient.WithCompression(apptuitclient.CompressionNone))
	err := c.Send(within(t, 20*time.Second), slices.Insert(sent, 25, big))
	s := sendError(t, err)
	if s.Successful != 50 || s.Failed != 1 || len(s.Errors) != 1 || s.Errors[0].Point.Metric != "big" || s.StatusCode != http.StatusRequestEntityTooLarge || apptuitclient.Retryable(err) {
		t.Errorf("%d successful, %d failed, status %d: %v", s.Successful, s.Failed, s.StatusCode, err)
	}
	delivered(t, v, stored)
}

// The client waits for the time of Retry-After.
func TestSend_WaitsForRetryAfter(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, `limit_req_zone $binary_remote_addr zone=points:64k rate=1r/s;`, `
		limit_req zone=points;
		limit_req_status 429;
		error_page 429 @busy;
		location @busy { add_header Retry-After 1 always; return 429; }`)
	sent, stored := samplePoints(20)
	w := newWire()
	c := newClient(t, n.URL(), w.client(), hurry(), apptuitclient.WithMaxBatchPoints(10))
	if err := c.Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	seen := w.seen()
	if got := w.statuses(); len(got) < 3 || got[1] != http.StatusTooManyRequests || got[len(got)-1] != http.StatusNoContent {
		t.Fatalf("statuses: %v", got)
	}
	for i, a := range seen[:len(seen)-1] {
		if pause := seen[i+1].at.Sub(a.at); a.status == http.StatusTooManyRequests && pause < time.Second {
			t.Errorf("the next request came %v after a 429 that said to wait 1 s", pause)
		}
	}
	delivered(t, v, stored)
}

// The client does not wait for a retry after its deadline.
func TestSend_DoesNotWaitBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", `add_header Retry-After 3600 always; if ($request_method = POST) { return 429; }`)
	sent, _ := samplePoints(20)
	w := newWire()
	endsSoon(t, func() {
		err := newClient(t, n.URL(), w.client()).Send(within(t, time.Minute), sent)
		if s := sendError(t, err); s.StatusCode != http.StatusTooManyRequests || s.Failed != 20 || !apptuitclient.Retryable(err) {
			t.Errorf("status %d, %d failed: %v", s.StatusCode, s.Failed, err)
		}
	})
	if got := w.statuses(); !slices.Equal(got, []int{429}) {
		t.Errorf("statuses: %v", got)
	}
	delivered(t, v, nil)
}

// Points that were answered with 502 are delivered later.
func TestSend_RetriesA502(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", "")
	v.Kill(t)
	sent, stored := samplePoints(100)
	w := newWire()
	c := newClient(t, n.URL(), w.client(), hurry())
	ctx := within(t, 30*time.Second)
	result := make(chan error, 1)
	go func() { result <- c.Send(ctx, sent) }()
	if err := w.afterFailure(ctx, func() { v.Restart(t) }); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if got := w.statuses(); got[0] != http.StatusBadGateway || got[len(got)-1] != http.StatusNoContent {
		t.Errorf("statuses: %v", got)
	}
	delivered(t, v, stored)
}

// nginx closes connections without an answer until a file exists.
func TestSend_RetriesAClosedConnection(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", `if (!-f {{.Dir}}/open) { return 444; }`)
	sent, stored := samplePoints(100)

	endsSoon(t, func() {
		err := newClient(t, n.URL(), hurry()).Send(within(t, 500*time.Millisecond), sent)
		if s := sendError(t, err); s.StatusCode != 0 || s.Failed != len(sent) || !apptuitclient.Retryable(err) {
			t.Errorf("status %d, %d failed: %v", s.StatusCode, s.Failed, err)
		}
	})
	delivered(t, v, nil)

	w := newWire()
	c := newClient(t, n.URL(), w.client(), hurry())
	ctx := within(t, 30*time.Second)
	result := make(chan error, 1)
	go func() { result <- c.Send(ctx, sent) }()
	open := func() {
		if err := os.WriteFile(filepath.Join(n.Dir(), "open"), nil, 0o600); err != nil {
			t.Error(err)
		}
	}
	if err := w.afterFailure(ctx, open); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if got := w.statuses(); got[0] != 0 || got[len(got)-1] != http.StatusNoContent {
		t.Errorf("statuses: %v", got)
	}
	delivered(t, v, stored)
}

// The endpoint answers with pages and redirects, like a wrong URL.
func TestSend_ReportsAWrongEndpoint(t *testing.T) {
	t.Parallel()
	n, v := inFront(t, "", `
		location /login/ { return 200 "<html>Log in</html>"; }
		location /moved/ { return 302 https://sso.example/login; }
		location /gone/ { return 404; }
		location /forbidden/ { return 403; }
		location /same/ { return 308 /api/put?details; }`)
	f := func(path string, status int, text string) {
		t.Helper()
		w := newWire()
		sent, _ := samplePoints(3)
		err := newClient(t, n.URL()+path, w.client()).Send(within(t, 20*time.Second), sent)
		if s := sendError(t, err); s.StatusCode != status || s.Failed != 3 || apptuitclient.Retryable(err) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: status %d, %d failed: %v", path, s.StatusCode, s.Failed, err)
		}
		if got := w.statuses(); !slices.Equal(got, []int{status}) {
			t.Errorf("%s: statuses %v", path, got)
		}
	}
	f("/login", 200, "not an ingest endpoint")
	f("/moved", 302, "https://sso.example/login")
	f("/gone", 404, "404 Not Found")
	f("/forbidden", 403, "403 Forbidden")
	delivered(t, v, nil)

	sent, stored := samplePoints(3)
	if err := newClient(t, n.URL()+"/same").Send(within(t, 20*time.Second), sent); err != nil {
		t.Error(err)
	}
	delivered(t, v, stored)
}
