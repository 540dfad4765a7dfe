// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

func TestClient_Send_MakesAPutRequest(t *testing.T) {
	s, c := newServer(t, apptuitclient.WithToken("secret"))
	if err := c.Send(t.Context(), numberedPoints(3)); err != nil {
		t.Fatal(err)
	}
	requests := s.Requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	r := requests[0]
	if r.Method != http.MethodPost || r.Path != "/api/put" || len(r.Query) != 1 || !r.Query.Has("details") {
		t.Errorf("%s %s with %v", r.Method, r.Path, r.Query)
	}
	if r.ContentLength <= 0 || r.ContentLength != r.BodyBytes {
		t.Errorf("a body of %d bytes was announced with %d", r.BodyBytes, r.ContentLength)
	}
	for name, want := range map[string]string{
		"Authorization":     "Bearer secret",
		"Content-Type":      "application/json",
		"Content-Encoding":  "gzip",
		"Transfer-Encoding": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	agent := r.Header.Get("User-Agent")
	want := "apptuit-go/" + apptuitclient.Version + " Go/" + strings.TrimPrefix(runtime.Version(), "go")
	if agent != want || !regexp.MustCompile(`^apptuit-go/\d+\.\d+\.\d+\S* Go/\S+`).MatchString(agent) {
		t.Errorf("User-Agent: %q, want %q", agent, want)
	}
}

func TestClient_Send_CompressesBodies(t *testing.T) {
	for compression, header := range map[apptuitclient.Compression]string{
		apptuitclient.CompressionGzip: "gzip", apptuitclient.CompressionDeflate: "deflate", apptuitclient.CompressionNone: "",
	} {
		s, c := newServer(t, apptuitclient.WithCompression(compression), apptuitclient.WithMaxBatchPoints(1000))
		if err := c.Send(t.Context(), numberedPoints(1500)); err != nil {
			t.Fatalf("%v: %v", compression, err)
		}
		for _, r := range s.Requests() {
			if r.Encoding != header || r.ContentLength != r.BodyBytes {
				t.Errorf("%v: sent as %q, with %d of %d bytes", compression, r.Encoding, r.ContentLength, r.BodyBytes)
			}
		}
		got := s.Points()
		if len(got) != 1500 {
			t.Fatalf("%v: %d points", compression, len(got))
		}
		for i, p := range got {
			if p.Float() != float64(i) || p.Time().Unix() != int64(1700000000+i) {
				t.Errorf("%v: point %d is %v", compression, i, p)
			}
		}
	}
}

func TestClient_Send_JoinsEndpointAndPath(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://fake.test":             "https://fake.test/api/put?details",
		"https://fake.test/":            "https://fake.test/api/put?details",
		"https://fake.test:8443/a/b//":  "https://fake.test:8443/a/b/api/put?details",
		"https://fake.test/a%2Fb":       "https://fake.test/a%2Fb/api/put?details",
		"https://fake.test/a%20b/":      "https://fake.test/a%20b/api/put?details",
		"https://[2001:db8::1]/x":       "https://[2001:db8::1]/x/api/put?details",
		"HTTPS://fake.test":             "https://fake.test/api/put?details",
		"https://fake.test/insert/42/o": "https://fake.test/insert/42/o/api/put?details",
	} {
		if got := sendOne(t, apptuitclient.WithEndpoint(endpoint)).URL.String(); got != want {
			t.Errorf("%s: sent to %s, want %s", endpoint, got, want)
		}
	}
}

func TestWithSync_SetsQueryParameters(t *testing.T) {
	c := sendOne(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithSync(2500*time.Millisecond))
	if got := c.URL.RawQuery; got != "details&sync&sync_timeout=2500" {
		t.Errorf("the query is %s", got)
	}
}

func TestClient_Send_SetsAuthorization(t *testing.T) {
	endpoint := apptuitclient.WithEndpoint("https://fake.test")
	for _, tt := range []struct {
		name string
		opts []apptuitclient.Option
		want string
	}{
		{"none", []apptuitclient.Option{endpoint}, ""},
		{"bearer", []apptuitclient.Option{endpoint, apptuitclient.WithToken("secret")}, "Bearer secret"},
		{"basic", []apptuitclient.Option{endpoint, apptuitclient.WithUserID("me"), apptuitclient.WithToken("secret")}, "Basic bWU6c2VjcmV0"},
		{"source", []apptuitclient.Option{endpoint, apptuitclient.WithTokenSource(func(context.Context) (string, error) { return "secret", nil })}, "Bearer secret"},
		{"header", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"authorization": "Token secret"})}, "Token secret"},
	} {
		got, present := sendOne(t, tt.opts...).Header["Authorization"]
		if strings.Join(got, "") != tt.want || present != (tt.want != "") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWithHeaders_SetsHeaders(t *testing.T) {
	headers := map[string]string{"x-scope-orgid": "tenant", "X-Empty": "", "X-Tab": "a\tb"}
	c := sendOne(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHeaders(headers))
	for name, want := range map[string]string{"X-Scope-Orgid": "tenant", "X-Empty": "", "X-Tab": "a\tb"} {
		if got, ok := c.Header[name]; !ok || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestClient_Send_MillisecondTimestamps(t *testing.T) {
	c := sendOne(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithTimestampResolution(time.Millisecond))
	if got := c.points(t)[0].Timestamp; got != "1700000000999" {
		t.Errorf("the timestamp is %s", got)
	}
}

// The requests are those that apptuit-py 2.4.2 sends for the same points, global tags and
// sanitize modes.
func TestClient_Send_SendsTheBodiesOfApptuitPy(t *testing.T) {
	type vector struct {
		Mode       string            `json:"mode"`
		GlobalTags map[string]string `json:"global_tags"`
		Point      struct {
			Metric    string            `json:"metric"`
			Tags      map[string]string `json:"tags"`
			Timestamp int64             `json:"timestamp"`
			Value     float64           `json:"value"`
		} `json:"point"`
		Payload *sentPoint `json:"payload"`
		Error   bool       `json:"error"`
	}
	file, err := os.Open("testdata/payload.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	n := 0
	for ; lines.Scan(); n++ {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		got, err := payload(t, v.Mode, v.GlobalTags, apptuitclient.DataPoint{
			Metric: v.Point.Metric, Tags: v.Point.Tags, Timestamp: time.Unix(v.Point.Timestamp, 0), Value: v.Point.Value,
		})
		switch {
		case v.Error:
			if err == nil {
				t.Errorf("line %d: no error, but %+v", n+1, got)
			}
		case err != nil:
			t.Errorf("line %d: %v", n+1, err)
		default:
			value, _ := got.Value.Float64()
			want, _ := v.Payload.Value.Float64()
			if got.Metric != v.Payload.Metric || !maps.Equal(got.Tags, v.Payload.Tags) ||
				got.Timestamp != v.Payload.Timestamp || value != want {
				t.Errorf("line %d: %s", n+1, cmp.Diff(*v.Payload, got))
			}
		}
	}
	if err := lines.Err(); err != nil || n < 400 {
		t.Errorf("%d vectors: %v", n, err)
	}
}

// payload returns the request of a client for a point, or the error of New or Send.
func payload(t *testing.T, mode string, global map[string]string, p apptuitclient.DataPoint) (sentPoint, error) {
	t.Helper()
	m, err := encoding.ParseSanitizeMode(mode)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake(t, status(http.StatusNoContent))
	c, err := apptuitclient.New(
		apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: f}),
		apptuitclient.WithSanitizeMode(m), apptuitclient.WithTags(global),
	)
	if err != nil {
		return sentPoint{}, err
	}
	defer c.Close()
	if err := c.Send(t.Context(), []apptuitclient.DataPoint{p}); err != nil {
		if len(f.all()) > 0 {
			t.Errorf("an invalid point has been sent: %s", f.all()[0].text)
		}
		return sentPoint{}, err
	}
	return f.all()[0].points(t)[0], nil
}

// A transport that does not set Response.Request is supported.
func TestClient_Send_AcceptsResponsesWithoutRequest(t *testing.T) {
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody, Header: http.Header{}}, nil
	})
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}))
	contains(t, c.Send(t.Context(), numberedPoints(1)), "fake.test/api/put", "401")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
