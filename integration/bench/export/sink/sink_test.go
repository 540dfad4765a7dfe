// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"net/http"
	"strings"
	"testing"
)

func start(t *testing.T) *Client {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return NewClient(Addresses{Data: s.Data, Control: s.Control})
}

func post(t *testing.T, to *Client, path, encoding, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Encoding", encoding)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// A sink takes anything unless it decodes: then it refuses what it cannot.
func TestOnlyDecodingRefuses(t *testing.T) {
	to := start(t)
	bodies := []struct{ path, encoding, body string }{
		{"/api/put", "", "no JSON"},
		{"/api/put", "", `[{"metric":"m","tags":{},"timestamp":1,"value":1}]`},
		{"/api/put", "gzip", "no gzip"},
		{"/api/put", "br", "unknown"},
		{"/api/v1/write", "snappy", "no snappy"},
		{"/api/v1/write", "", "\x12\x00"},
		{"/api/v1/write", "", "\x0a\x05\x0a"},
		{"/v1/metrics", "", "no protobuf"},
	}
	for _, decode := range []bool{false, true} {
		if err := to.Decode(t.Context(), decode); err != nil {
			t.Fatal(err)
		}
		for _, b := range bodies {
			if status := post(t, to, b.path, b.encoding, b.body); (status == http.StatusBadRequest) != decode {
				t.Errorf("decoding %v: %s of %q: %d", decode, b.path, b.body, status)
			}
		}
	}
	got, err := to.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Requests != int64(2*len(bodies)) || got.Bytes < 1000 || got.Points != 0 {
		t.Errorf("%+v", got)
	}
}

func TestDecodesPut(t *testing.T) {
	to := start(t)
	if err := to.Decode(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	const body = `[{"metric":"a","tags":{"k":"v"},"timestamp":1,"value":1.5},
		{"metric":"a_count","tags":{"k":"v"},"timestamp":1,"value":2},
		{"metric":"a_sum","tags":{"k":"v"},"timestamp":1,"value":4},
		{"metric":"a_bucket","tags":{"le":"1"},"timestamp":1,"value":8},
		{"metric":"a","tags":{"quantile":"0.5"},"timestamp":1,"value":16},
		{"metric":"apptuit_reporter_send_total","tags":{"k":"v"},"timestamp":1,"value":32}]`
	if status := post(t, to, "/api/put", "", body); status != http.StatusNoContent {
		t.Fatalf("status %d", status)
	}
	got, err := to.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Points != 5 || got.Sum != 3.5 {
		t.Errorf("%d points, sum %v; want 5, 3.5", got.Points, got.Sum)
	}
}

func TestScrapeFails(t *testing.T) {
	to := start(t)
	if err := to.Scrape(t.Context(), "http://"+to.Data+"/nothing", "text/plain"); err == nil {
		t.Error("no error")
	}
}
