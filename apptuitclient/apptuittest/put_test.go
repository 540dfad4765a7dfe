// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestPut_AnswersLikeOpenTSDB(t *testing.T) {
	const (
		errors400 = `{"error":{"code":400,"message":"One or more data points had errors",` +
			`"details":"Append \"details\" to the put request to learn which and why"}}`
		badDetail = `{"datapoint":{"metric":"cpu load","timestamp":1700000000,"value":"2","tags":{"host":"web1"}},` +
			`"error":"Invalid metric name (\"cpu load\"): illegal character:  "}`
	)
	mixed := "[" + goodPoint + "," + badPoint + "]"
	for _, tt := range []struct {
		name, query, body string
		opts              []apptuittest.Option
		status            int
		want              string
		accepted          int
	}{
		{"good", "", "[" + goodPoint + "]", nil, 204, "", 1},
		{"good, details", "?details", "[" + goodPoint + "]", nil, 200, `{"success":1,"failed":0,"errors":[]}`, 1},
		{"good, summary", "?summary", "[" + goodPoint + "]", nil, 200, `{"success":1,"failed":0}`, 1},
		{
			"good, details, sync timeout", "?details&sync&sync_timeout=500", "[" + goodPoint + "]", nil, 200,
			`{"success":1,"failed":0,"timeouts":0,"errors":[]}`, 1,
		},
		{"mixed", "", mixed, nil, 400, errors400, 1},
		{"mixed, details", "?details", mixed, nil, 400, `{"success":1,"failed":1,"errors":[` + badDetail + `]}`, 1},
		{"mixed, summary", "?summary", mixed, nil, 400, `{"success":1,"failed":1}`, 1},
		{
			"mixed, both flags", "?summary=true&details=true", mixed, nil, 400,
			`{"success":1,"failed":1,"errors":[` + badDetail + `]}`, 1,
		},
		{"a single object", "", goodPoint, nil, 204, "", 1},
		{"a trailing slash", "/?details", goodPoint, nil, 200, `{"success":1,"failed":0,"errors":[]}`, 1},
		{
			"details unknown, good", "?details", goodPoint,
			[]apptuittest.Option{apptuittest.WithoutDetails()},
			204, "", 1,
		},
		{
			"details unknown, mixed", "?details", mixed,
			[]apptuittest.Option{apptuittest.WithoutDetails()},
			400, "", 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.opts...)
			got := put(t, s, tt.query, tt.body)
			if got.status != tt.status || got.body != tt.want {
				t.Errorf("answered %d %s\nwant %d %s", got.status, got.body, tt.status, tt.want)
			}
			if n := len(s.Points()); n != tt.accepted {
				t.Errorf("%d points accepted, want %d", n, tt.accepted)
			}
		})
	}
}

func TestPut_RejectsRequest(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"another path", "POST", "/api/version", goodPoint, nil, 404},
		{"the root", "POST", "/", goodPoint, nil, 404},
		{"GET", "GET", "/api/put", "", nil, 405},
		{"PUT", "PUT", "/api/put", goodPoint, nil, 405},
		{"an unknown encoding", "POST", "/api/put", goodPoint, []string{"Content-Encoding", "br"}, 400},
		{"a body that is not compressed as declared", "POST", "/api/put", goodPoint, []string{"Content-Encoding", "gzip"}, 400},
		{"a timeout that is not a number", "POST", "/api/put?sync_timeout=soon", goodPoint, nil, 400},
		{"no points", "POST", "/api/put", "[]", nil, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			got, err := do(t, s.Client(), tt.method, s.URL+tt.path, tt.body, tt.headers...)
			if err != nil {
				t.Fatal(err)
			}
			var object struct {
				Error struct {
					Code    int
					Message string
				}
			}
			if err := json.Unmarshal([]byte(got.body), &object); err != nil {
				t.Fatalf("the answer %q: %v", got.body, err)
			}
			if got.status != tt.status || object.Error.Code != tt.status || object.Error.Message == "" {
				t.Errorf("answered %d %s, want %d", got.status, got.body, tt.status)
			}
			if n := s.Total(); n != 0 {
				t.Errorf("%d points accepted", n)
			}
		})
	}
}

func TestPut_MalformedBodyStoresNothing(t *testing.T) {
	compressed := gzipped(t, "["+goodPoint+"]")
	corrupt := []byte(compressed)
	corrupt[len(corrupt)-5] ^= 1 // a byte of the checksum
	for _, tt := range []struct{ name, encoding, body string }{
		{"empty", "", ""},
		{"white space", "", " \n"},
		{"not JSON", "", "put cpu.load 1700000000 1 host=web1"},
		{"null", "", "null"},
		{"cut in an array", "", "[" + goodPoint},
		{"cut after a comma", "", "[" + goodPoint + ","},
		{"cut in a point", "", "[" + goodPoint + `,{"metric":"a`},
		{"an additional comma", "", "[" + goodPoint + ",]"},
		{"a missing comma", "", "[" + goodPoint + goodPoint + "]"},
		{"an object after the array", "", "[" + goodPoint + "]" + goodPoint},
		{"a bracket after the array", "", "[" + goodPoint + "]]"},
		{"NaN", "", "[" + goodPoint + "," + strings.Replace(goodPoint, "1.5", "NaN", 1) + "]"},
		{"Infinity", "", "[" + goodPoint + "," + strings.Replace(goodPoint, "1.5", "-Infinity", 1) + "]"},
		{"an unknown field", "", "[" + goodPoint + `,{"name":"a"}]`},
		{"a number for a metric", "", "[" + goodPoint + "," + strings.Replace(goodPoint, `"cpu.load"`, "7", 1) + "]"},
		{"a number for a tag", "", "[" + goodPoint + "," + strings.Replace(goodPoint, `"web1"`, "7", 1) + "]"},
		{"an object for a tag", "", "[" + goodPoint + "," + strings.Replace(goodPoint, `"web1"`, "{}", 1) + "]"},
		{"an array for a value", "", "[" + goodPoint + "," + strings.Replace(goodPoint, "1.5", "[1]", 1) + "]"},
		{"not UTF-8", "", "[" + goodPoint + "," + strings.Replace(goodPoint, "web1", "w\xffb", 1) + "]"},
		{"an incomplete rune", "", "[" + goodPoint + "," + strings.Replace(goodPoint, "web1", "\xe2\x82", 1) + "]"},
		{"not UTF-8 at the end", "", "[" + goodPoint + "]\xe2\x82"},
		{"gzip, cut off", "gzip", compressed[:len(compressed)-9]},
		{"gzip, without its checksum", "gzip", compressed[:len(compressed)-8]},
		{"gzip, a wrong checksum", "gzip", string(corrupt)},
		{"deflate without zlib", "deflate", deflated(t, goodPoint)[2:]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			got := put(t, s, "?details", tt.body, "Content-Encoding", tt.encoding)
			if got.status != 400 || !strings.Contains(got.body, `"message":"Unable to parse the given JSON"`) {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			if n := s.Total(); n != 0 {
				t.Errorf("%d points accepted", n)
			}
		})
	}
}

func TestPut_ContentEncodings(t *testing.T) {
	const unicode = `{"metric":"größe","tags":{"ort":"東京 \u0000\ud83d\ude00"},"timestamp":1700000000123,"value":-3}`
	body := "[\n" + goodPoint + ",\n" + unicode + "\n]\n"
	for encoding, sent := range map[string]string{
		"":         body,
		"identity": body,
		"gzip":     gzipped(t, body),
		"GZIP":     gzipped(t, body),
		"deflate":  deflated(t, body),
	} {
		t.Run(encoding, func(t *testing.T) {
			s := newServer(t)
			if got := put(t, s, "", sent, "Content-Encoding", encoding); got.status != 204 {
				t.Fatalf("answered %d %s", got.status, got.body)
			}
			want := []string{goodText, "größe{ort=東京 \x00😀} 1700000000123 -3"}
			if diff := cmp.Diff(want, texts(s.Points())); diff != "" {
				t.Error(diff)
			}
			r := s.Requests()[0]
			if r.Encoding != encoding || r.BodyBytes != int64(len(sent)) || r.DecodedBytes != int64(len(body)) {
				t.Errorf("recorded as %q of %d bytes, %d decoded", r.Encoding, r.BodyBytes, r.DecodedBytes)
			}
		})
	}
}

// The body takes several reads. Some runes are split between two reads, at each of their bytes.
func TestPut_AcceptsRunesAcrossReads(t *testing.T) {
	s := newServer(t)
	var body strings.Builder
	body.WriteByte('[')
	for i := range 3000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"metric":"m","tags":{"k":"%s"},"timestamp":1,"value":1}`, strings.Repeat("a", i%7)+"é東😀")
	}
	body.WriteByte(']')
	if got := put(t, s, "", body.String()); got.status != 204 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	for i, p := range s.Points() {
		if want := strings.Repeat("a", i%7) + "é東😀"; p.Tags["k"] != want {
			t.Fatalf("point %d has %q, want %q", i, p.Tags["k"], want)
		}
	}
}

func TestHandler_Credentials(t *testing.T) {
	const header = "Authorization"
	both := []apptuittest.Option{apptuittest.WithToken("secret"), apptuittest.WithUser("ann", "pass")}
	for _, tt := range []struct {
		name    string
		opts    []apptuittest.Option
		headers []string
		status  int
	}{
		{"not required, without credentials", nil, nil, 204},
		{"not required, with a token", nil, []string{header, "Bearer other"}, 204},
		{"token", both[:1], []string{header, "Bearer secret"}, 204},
		{"a wrong token", both[:1], []string{header, "Bearer secrets"}, 401},
		{"no token", both[:1], nil, 401},
		{"token required, user given", both[:1], []string{header, "Basic YW5uOnBhc3M="}, 401},
		{"user", both[1:], []string{header, "Basic YW5uOnBhc3M="}, 204},
		{"user required, token given", both[1:], []string{header, "Bearer pass"}, 401},
		{"token or user required, token given", both, []string{header, "Bearer secret"}, 204},
		{"token or user required, user given", both, []string{header, "Basic YW5uOnBhc3M="}, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.opts...)
			got := put(t, s, "", goodPoint, tt.headers...)
			if got.status != tt.status {
				t.Errorf("answered %d, want %d", got.status, tt.status)
			}
			if refused := got.status == http.StatusUnauthorized; refused {
				if got.header.Get("WWW-Authenticate") == "" || !json.Valid([]byte(got.body)) {
					t.Errorf("the refusal has the header %v and the body %s", got.header, got.body)
				}
				if s.Total() != 0 {
					t.Error("points without credentials were stored")
				}
			}
		})
	}
}

func TestWithMaxBodyBytes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limit  int64
		status int
	}{
		{"at the limit", int64(len(goodPoint)), 204},
		{"beyond it", int64(len(goodPoint)) - 1, 413},
		{"the default", 0, 204},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, apptuittest.WithMaxBodyBytes(tt.limit))
			for range 2 { // the second request uses the same connection
				if got := put(t, s, "", gzipped(t, goodPoint), "Content-Encoding", "gzip"); got.status != tt.status {
					t.Errorf("answered %d %s, want %d", got.status, got.body, tt.status)
				}
			}
		})
	}
}
