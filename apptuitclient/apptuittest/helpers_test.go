// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

const (
	goodPoint = `{"metric":"cpu.load","tags":{"host":"web1"},"timestamp":1700000000,"value":1.5}`
	goodText  = "cpu.load{host=web1} 1700000000 1.5"
	badPoint  = `{"metric":"cpu load","tags":{"host":"web1"},"timestamp":1700000000,"value":2}`
)

// reply is an HTTP response whose body has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

// post sends a body in a POST request. headers alternates names and values.
func post(t *testing.T, client *http.Client, url, body string, headers ...string) (reply, error) {
	t.Helper()
	return do(t, client, http.MethodPost, url, body, headers...)
}

func do(t *testing.T, client *http.Client, method, url, body string, headers ...string) (reply, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

// put sends a body to /api/put with a query, and returns the reply.
func put(t *testing.T, s *apptuittest.Server, query, body string, headers ...string) reply {
	t.Helper()
	r, err := post(t, s.Client(), s.URL+"/api/put"+query, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newServer(t *testing.T, opts ...apptuittest.Option) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(opts...)
	t.Cleanup(s.Close)
	return s
}

func texts(points []apptuittest.Point) []string {
	var all []string
	for _, p := range points {
		all = append(all, p.String())
	}
	return all
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	return closed(t, &b, gzip.NewWriter(&b), text)
}

func deflated(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	return closed(t, &b, zlib.NewWriter(&b), text)
}

func closed(t *testing.T, b *bytes.Buffer, w io.WriteCloser, text string) string {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
