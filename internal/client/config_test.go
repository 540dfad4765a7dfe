// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// sendOne sends a point with a client of the given options, and returns the request.
func sendOne(t *testing.T, opts ...apptuitclient.Option) *call {
	t.Helper()
	f := newFake(t, status(http.StatusNoContent))
	c := newClient(t, append([]apptuitclient.Option{apptuitclient.WithHTTPClient(&http.Client{Transport: f})}, opts...)...)
	if err := c.Send(t.Context(), []apptuitclient.DataPoint{{
		Metric: "a-b.c/d", Tags: map[string]string{"x-y": "z"}, Timestamp: time.UnixMilli(1700000000999), Value: 1,
	}}); err != nil {
		t.Fatal(err)
	}
	return f.all()[0]
}

func TestNew_Defaults(t *testing.T) {
	c := sendOne(t, apptuitclient.WithToken("secret"))
	if got := c.URL.String(); got != "https://api.apptuit.ai/api/put?details" {
		t.Errorf("sent to %s", got)
	}
	if got := c.Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("compressed with %s", got)
	}
	want := []sentPoint{{Metric: "a_b_c_d", Tags: map[string]string{"x_y": "z"}, Timestamp: "1700000000", Value: "1.0"}}
	if diff := cmp.Diff(want, c.points(t)); diff != "" {
		t.Error(diff)
	}
}

// Each variable has its documented effect by itself, is overridden by its option, and
// counts as unset if it is empty.
func TestEnvironment_OptionsOverrideVariables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	authorization := func(c *call) string { return c.Header.Get("Authorization") }
	base := func(c *call) string { return strings.TrimSuffix(c.URL.String(), "/api/put?details") }
	compression := func(c *call) string { return c.Header.Get("Content-Encoding") }
	name := func(c *call) string { return c.points(t)[0].Metric }
	zone := func(c *call) string { return c.points(t)[0].Tags["zone"] }
	endpoint := apptuitclient.WithEndpoint("https://option.test")

	for _, tt := range []struct {
		env     map[string]string
		opts    []apptuitclient.Option
		observe func(*call) string
		want    string
	}{
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, nil, authorization, "Bearer from-env"},
		{map[string]string{"APPTUIT_API_TOKEN_FILE": file}, nil, authorization, "Bearer from-file"},
		{map[string]string{"APPTUIT_PY_TOKEN": "old"}, nil, authorization, "Bearer old"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env", "APPTUIT_API_TOKEN_FILE": file, "APPTUIT_PY_TOKEN": "old"}, nil, authorization, "Bearer from-env"},
		{map[string]string{"APPTUIT_API_TOKEN_FILE": file, "APPTUIT_PY_TOKEN": "old"}, nil, authorization, "Bearer from-file"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, []apptuitclient.Option{apptuitclient.WithToken("option")}, authorization, "Bearer option"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, []apptuitclient.Option{apptuitclient.WithToken("")}, authorization, "Bearer from-env"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, []apptuitclient.Option{apptuitclient.WithTokenFile(file)}, authorization, "Bearer from-file"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, []apptuitclient.Option{apptuitclient.WithTokenSource(func(context.Context) (string, error) { return "source", nil })}, authorization, "Bearer source"},
		{map[string]string{"APPTUIT_API_TOKEN": "from-env"}, []apptuitclient.Option{apptuitclient.WithHeaders(map[string]string{"authorization": "Custom 1234"})}, authorization, "Custom 1234"},
		{map[string]string{"APPTUIT_API_TOKEN_FILE": "/does/not/exist"}, []apptuitclient.Option{apptuitclient.WithToken("option")}, authorization, "Bearer option"},
		{map[string]string{"APPTUIT_API_TOKEN": ""}, []apptuitclient.Option{endpoint}, authorization, ""},

		{map[string]string{"APPTUIT_USER_ID": "u", "APPTUIT_API_TOKEN": "t0k"}, nil, authorization, "Basic dTp0MGs="},
		{map[string]string{"APPTUIT_USER_ID": "env", "APPTUIT_API_TOKEN": "t0k"}, []apptuitclient.Option{apptuitclient.WithUserID("u")}, authorization, "Basic dTp0MGs="},
		{map[string]string{"APPTUIT_USER_ID": "a:b"}, []apptuitclient.Option{apptuitclient.WithHeaders(map[string]string{"authorization": "Custom 1234"})}, authorization, "Custom 1234"},
		{
			map[string]string{"APPTUIT_USER_ID": "u", "APPTUIT_API_TOKEN": "t0k", "APPTUIT_TAGS": "k:v:w", "APPTUIT_TIMEOUT": "x", "APPTUIT_COMPRESSION": "x"},
			[]apptuitclient.Option{endpoint, apptuitclient.WithoutEnvironment()},
			authorization, "",
		},

		{map[string]string{"APPTUIT_ENDPOINT": "https://env.test/base/"}, nil, base, "https://env.test/base"},
		{map[string]string{"APPTUIT_ENDPOINT": "https://env.test"}, []apptuitclient.Option{endpoint}, base, "https://option.test"},
		{map[string]string{"APPTUIT_ENDPOINT": "no URL at all"}, []apptuitclient.Option{endpoint}, base, "https://option.test"},
		{map[string]string{"APPTUIT_ENDPOINT": "", "APPTUIT_API_TOKEN": "t0k"}, nil, base, apptuitclient.DefaultEndpoint},

		{map[string]string{"APPTUIT_COMPRESSION": "Deflate"}, []apptuitclient.Option{endpoint}, compression, "deflate"},
		{map[string]string{"APPTUIT_COMPRESSION": "none"}, []apptuitclient.Option{endpoint}, compression, ""},
		{map[string]string{"APPTUIT_COMPRESSION": "none"}, []apptuitclient.Option{endpoint, apptuitclient.WithCompression(apptuitclient.CompressionGzip)}, compression, "gzip"},
		{map[string]string{"APPTUIT_COMPRESSION": ""}, []apptuitclient.Option{endpoint}, compression, "gzip"},

		{map[string]string{"APPTUIT_SANITIZE_MODE": "APPTUIT"}, []apptuitclient.Option{endpoint}, name, "a-b.c/d"},
		{map[string]string{"APPTUIT_SANITIZE_MODE": "apptuit"}, []apptuitclient.Option{endpoint, apptuitclient.WithSanitizeMode(encoding.SanitizePrometheus)}, name, "a_b_c_d"},
		{map[string]string{"APPTUIT_SANITIZE_MODE": ""}, []apptuitclient.Option{endpoint}, name, "a_b_c_d"},

		{map[string]string{"APPTUIT_TAGS": "zone: eu, x: 1"}, []apptuitclient.Option{endpoint}, zone, "eu"},
		{map[string]string{"APPTUIT_PY_TAGS": "zone: old"}, []apptuitclient.Option{endpoint}, zone, "old"},
		{map[string]string{"APPTUIT_TAGS": "zone: eu", "APPTUIT_PY_TAGS": "zone: old"}, []apptuitclient.Option{endpoint}, zone, "eu"},
		{map[string]string{"APPTUIT_TAGS": "", "APPTUIT_PY_TAGS": "zone: old"}, []apptuitclient.Option{endpoint}, zone, "old"},
		{map[string]string{"APPTUIT_TAGS": "zone: eu"}, []apptuitclient.Option{endpoint, apptuitclient.WithoutEnvironmentTags()}, zone, ""},
		{map[string]string{"APPTUIT_TAGS": "k:v:w"}, []apptuitclient.Option{endpoint, apptuitclient.WithoutEnvironmentTags()}, zone, ""},
		{map[string]string{"APPTUIT_TAGS": "zone: eu"}, []apptuitclient.Option{endpoint, apptuitclient.WithTags(map[string]string{"other": "1"})}, zone, ""},
		{map[string]string{"APPTUIT_TAGS": "zone: eu"}, []apptuitclient.Option{endpoint, apptuitclient.WithTags(map[string]string{})}, zone, "eu"},
		{map[string]string{"APPTUIT_TAGS": "zone: eu"}, []apptuitclient.Option{endpoint, apptuitclient.WithTags(nil)}, zone, "eu"},
	} {
		t.Run("", func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			var w warnings
			if got := tt.observe(sendOne(t, append(tt.opts, w.option())...)); got != tt.want {
				t.Errorf("with %v: got %q, want %q", tt.env, got, tt.want)
			}
			got := w.take()
			_, token := tt.env["APPTUIT_PY_TOKEN"]
			_, tags := tt.env["APPTUIT_PY_TAGS"]
			used := tt.want == "Bearer old" || tt.want == "old"
			if (token || tags) && used != (len(got) == 1 && strings.Contains(got[0], "deprecated")) || !token && !tags && len(got) > 0 {
				t.Errorf("with %v: warned %q", tt.env, got)
			}
		})
	}
}

func TestEnvironment_Timeout(t *testing.T) {
	for text, want := range map[string]string{
		"30s": "", "1.5s": "", "250ms": "", "1h": "",
		"5": "write 5s for seconds, or 5ms for milliseconds", "1.5": "write 1.5s for seconds", "10000": "write 10000s", ".5": "write .5s",
		"0": "positive", "-1": "positive", "0s": "positive", "soon": "positive", "NaN": "positive", "inf": "positive", "1e300": "positive",
	} {
		t.Setenv("APPTUIT_TIMEOUT", text)
		_, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"))
		if want == "" && err != nil || want != "" && err == nil {
			t.Errorf("%q: %v", text, err)
		}
		if want != "" {
			contains(t, err, "APPTUIT_TIMEOUT", want)
		}
		if _, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithTimeout(time.Second)); err != nil {
			t.Errorf("an option does not beat %q: %v", text, err)
		}
	}
}

func TestNew_Faults(t *testing.T) {
	endpoint := apptuitclient.WithEndpoint("https://fake.test")
	token := apptuitclient.WithToken("secret")
	source := func(context.Context) (string, error) { return "secret", nil }
	for _, tt := range []struct {
		name string
		env  string // NAME=value
		opts []apptuitclient.Option
		want string
	}{
		{"no token", "", nil, "a token is needed for https://api.apptuit.ai"},
		{"no token for the default by name", "", []apptuitclient.Option{apptuitclient.WithEndpoint(apptuitclient.DefaultEndpoint + "/")}, "a token is needed for https://api.apptuit.ai"},
		{"a user without token", "", []apptuitclient.Option{endpoint, apptuitclient.WithUserID("u")}, "a token is needed with a user id"},
		{"a user with a colon", "", []apptuitclient.Option{endpoint, token, apptuitclient.WithUserID("u:v")}, "colon"},
		{"no batch in flight", "", []apptuitclient.Option{endpoint, apptuitclient.WithMaxInFlight(0)}, "WithMaxInFlight: 0"},
		{"two tokens", "", []apptuitclient.Option{token, apptuitclient.WithTokenSource(source)}, "exclude each other: use one of them"},
		{"a token and a header", "", []apptuitclient.Option{token, apptuitclient.WithHeaders(map[string]string{"Authorization": "x"})}, "exclude each other: use one of them"},
		{"a user and a header", "", []apptuitclient.Option{apptuitclient.WithUserID("u"), apptuitclient.WithHeaders(map[string]string{"Authorization": "x"})}, "exclude each other: use one of them"},
		{"white space in a token", "", []apptuitclient.Option{apptuitclient.WithToken("se cret")}, "white space"},
		{"a line break in a token", "", []apptuitclient.Option{apptuitclient.WithToken("sec\nret")}, "control characters"},
		{"the same from the environment", "APPTUIT_API_TOKEN=se cret", nil, "APPTUIT_API_TOKEN: the token contains"},
		{"no source", "", []apptuitclient.Option{apptuitclient.WithTokenSource(nil)}, "WithTokenSource: the function is nil"},
		{"no file", "", []apptuitclient.Option{apptuitclient.WithTokenFile("/does/not/exist")}, "WithTokenFile: file \"/does/not/exist\": no such file or directory"},
		{"no file from the environment", "APPTUIT_API_TOKEN_FILE=/does/not/exist", nil, "APPTUIT_API_TOKEN_FILE: file \"/does/not/exist\": no such file or directory"},
		{"user information", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://me:pw@fake.test")}, "user information"},
		{"a query", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://fake.test?a=pw")}, "query or fragment"},
		{"an empty query", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://fake.test?")}, "query or fragment"},
		{"a fragment", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://fake.test#pw")}, "query or fragment"},
		{"a scheme", "", []apptuitclient.Option{apptuitclient.WithEndpoint("ftp://fake.test/?token=pw")}, "must be http or https"},
		{"no scheme", "", []apptuitclient.Option{apptuitclient.WithEndpoint("localhost:4318")}, "WithEndpoint: the scheme must be http or https, and cannot be omitted: write http://host:port or https://host:port"},
		{"an address without scheme", "APPTUIT_ENDPOINT=127.0.0.1:4318", nil, "APPTUIT_ENDPOINT: the scheme must be http or https, and cannot be omitted: write http://host:port"},
		{"an opaque URL", "", []apptuitclient.Option{apptuitclient.WithEndpoint("me:pw@fake.test")}, "must be http or https"},
		{"no host", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https:///pw")}, "the host is missing"},
		{"only a port", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://:80")}, "the host is missing"},
		{"no URL", "", []apptuitclient.Option{apptuitclient.WithEndpoint("https://me:pw@fake.test:port")}, "not a URL"},
		{"no endpoint", "", []apptuitclient.Option{apptuitclient.WithEndpoint("")}, "must be http or https"},
		{"an endpoint of the environment", "APPTUIT_ENDPOINT=https://me:pw@fake.test", nil, "APPTUIT_ENDPOINT: the URL must not contain user information"},
		{"tags of the environment", "APPTUIT_TAGS=k:v:w", []apptuitclient.Option{endpoint}, "APPTUIT_TAGS: "},
		{"old tags", "APPTUIT_PY_TAGS=k", []apptuitclient.Option{endpoint}, "APPTUIT_PY_TAGS: "},
		{"an empty key", "", []apptuitclient.Option{endpoint, apptuitclient.WithTags(map[string]string{"": "x"})}, "WithTags: tag key"},
		{"an invalid key", "", []apptuitclient.Option{endpoint, apptuitclient.WithSanitizeMode(encoding.SanitizeNone), apptuitclient.WithTags(map[string]string{"a b": "x"})}, `"a b"`},
		{"a mode", "APPTUIT_SANITIZE_MODE=python", []apptuitclient.Option{endpoint}, "APPTUIT_SANITIZE_MODE: "},
		{"an unknown mode", "", []apptuitclient.Option{endpoint, apptuitclient.WithSanitizeMode(9)}, "unknown mode 9"},
		{"a compression", "APPTUIT_COMPRESSION=br", []apptuitclient.Option{endpoint}, `APPTUIT_COMPRESSION: compression "br": must be gzip, deflate or none`},
		{"an unknown compression", "", []apptuitclient.Option{endpoint, apptuitclient.WithCompression(9)}, "unknown compression 9"},
		{"a server", "APPTUIT_SERVER=mysql", []apptuitclient.Option{endpoint}, `APPTUIT_SERVER: server "mysql": must be apptuit, opentsdb, victoriametrics, influxdb or generic`},
		{"an unknown server", "", []apptuitclient.Option{endpoint, apptuitclient.WithServer(9)}, "WithServer: unknown server 9"},
		{"a rule for tag values", "APPTUIT_TAG_VALUES=none", []apptuitclient.Option{endpoint}, `APPTUIT_TAG_VALUES: tag value rule "none": must be any, opentsdb or influxdb`},
		{"an unknown rule for tag values", "", []apptuitclient.Option{endpoint, apptuitclient.WithTagValueRule(9)}, "WithTagValueRule: unknown rule 9"},
		{"a limit of tags", "APPTUIT_MAX_TAGS=many", []apptuitclient.Option{endpoint}, `APPTUIT_MAX_TAGS: "many" must be a number from 1 to 127`},
		{"too large a limit of tags", "APPTUIT_MAX_TAGS=128", []apptuitclient.Option{endpoint}, `APPTUIT_MAX_TAGS: "128" must be a number from 1 to 127`},
		{"no tags", "", []apptuitclient.Option{endpoint, apptuitclient.WithMaxTags(0)}, "WithMaxTags: 0 must be from 1 to 127"},
		{"too many tags", "", []apptuitclient.Option{endpoint, apptuitclient.WithMaxTags(128)}, "WithMaxTags: 128 must be from 1 to 127"},
		{"a resolution", "APPTUIT_TIMESTAMP_RESOLUTION=us", []apptuitclient.Option{endpoint}, `APPTUIT_TIMESTAMP_RESOLUTION: timestamp resolution "us": must be s or ms`},
		{"an unknown resolution", "", []apptuitclient.Option{endpoint, apptuitclient.WithTimestampResolution(time.Minute)}, "WithTimestampResolution: 1m0s must be 1s or 1ms"},
		{
			"deflate to InfluxDB", "APPTUIT_COMPRESSION=deflate",
			[]apptuitclient.Option{endpoint, apptuitclient.WithServer(apptuitclient.ServerInfluxDB)},
			"compression deflate: the server influxdb does not accept it (WithCompression, APPTUIT_COMPRESSION, WithServer, APPTUIT_SERVER)",
		},
		{
			"milliseconds to InfluxDB", "APPTUIT_SERVER=influxdb",
			[]apptuitclient.Option{endpoint, apptuitclient.WithTimestampResolution(time.Millisecond)},
			"timestamp resolution ms: the server influxdb misreads it (WithTimestampResolution, APPTUIT_TIMESTAMP_RESOLUTION, WithServer, APPTUIT_SERVER)",
		},
		{"a timeout", "", []apptuitclient.Option{endpoint, apptuitclient.WithTimeout(0)}, "WithTimeout: 0s is not positive"},
		{"a wait", "", []apptuitclient.Option{endpoint, apptuitclient.WithRetry(apptuitclient.RetryConfig{MaxInterval: -1})}, "WithRetry: durations must not be negative"},
		{"sync", "", []apptuitclient.Option{endpoint, apptuitclient.WithSync(time.Microsecond)}, "WithSync: 1µs is less than a millisecond"},
		{"batch points", "", []apptuitclient.Option{endpoint, apptuitclient.WithMaxBatchPoints(0)}, "WithMaxBatchPoints: 0 is not positive"},
		{"batch bytes", "", []apptuitclient.Option{endpoint, apptuitclient.WithMaxBatchBytes(-1)}, "WithMaxBatchBytes: -1 is not positive"},
		{"a header's name", "", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"a b": "x"})}, `WithHeaders: header "a b": the name contains a character that is not allowed`},
		{"a header's value", "", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"X-A": "pw\r\nX-B: y"})}, `WithHeaders: header "X-A": the value contains a control character`},
		{"an empty header name", "", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"": "x"})}, `WithHeaders: header "": the name is empty`},
		{"a header of the client", "", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"content-encoding": "br"})}, "Content-Encoding is set by the client"},
		{"the user agent", "", []apptuitclient.Option{endpoint, apptuitclient.WithHeaders(map[string]string{"user-agent": "me"})}, "User-Agent is set by the client"},
		{"no HTTP client", "", []apptuitclient.Option{endpoint, apptuitclient.WithHTTPClient(nil)}, "WithHTTPClient: the client is nil"},
		{"TLS for a round tripper", "", []apptuitclient.Option{
			endpoint, apptuitclient.WithHTTPClient(&http.Client{Transport: &fake{}}), apptuitclient.WithTLSClientConfig(&tls.Config{}),
		}, "require that the client of WithHTTPClient has a *http.Transport"},
		{"no warning handler, and a warning", "APPTUIT_PY_TOKEN=old", []apptuitclient.Option{endpoint, apptuitclient.WithWarningHandler(nil)}, "WithWarningHandler: the function is nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w warnings
			if name, value, ok := strings.Cut(tt.env, "="); ok {
				t.Setenv(name, value)
			}
			c, err := apptuitclient.New(append([]apptuitclient.Option{w.option()}, tt.opts...)...)
			if err == nil || c != nil {
				t.Fatalf("got a client, want an error about %q", tt.want)
			}
			contains(t, err, "apptuit: configuration: ", tt.want)
			if lines := strings.Split(err.Error(), "\n"); len(lines) != 1 {
				t.Errorf("one fault, and the error has %q", lines)
			}
			for _, secret := range []string{"se cret", "secret", "pw"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is in %q", secret, err)
				}
			}
		})
	}
}

func TestNew_ReportsAllFaultsAtOnce(t *testing.T) {
	t.Setenv("APPTUIT_TAGS", "k:v:w")
	t.Setenv("APPTUIT_COMPRESSION", "br")
	t.Setenv("APPTUIT_SANITIZE_MODE", "python")
	t.Setenv("APPTUIT_TIMEOUT", "soon")
	_, err := apptuitclient.New(
		apptuitclient.WithEndpoint("ftp://fake.test"),
		apptuitclient.WithUserID("a:b"),
		apptuitclient.WithMaxBatchPoints(0),
		apptuitclient.WithMaxBatchBytes(0),
		apptuitclient.WithSync(0),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: -1}),
		apptuitclient.WithHeaders(map[string]string{"Host": "x", "User-Agent": "y"}),
		apptuitclient.WithHTTPClient(&http.Client{Transport: &fake{}}),
		apptuitclient.WithProxy(http.ProxyFromEnvironment),
		apptuitclient.WithTags(map[string]string{"": "x"}),
		nil,
	)
	contains(t, err, "APPTUIT_TAGS", "APPTUIT_COMPRESSION", "APPTUIT_SANITIZE_MODE", "APPTUIT_TIMEOUT", "http or https", "colon",
		"WithMaxBatchPoints", "WithMaxBatchBytes", "WithSync", "WithRetry", "Host is set", "User-Agent is set", "*http.Transport",
		"WithTags: tag key", "a token is needed with a user id")
	var e *encoding.Error
	if !errors.As(err, &e) {
		t.Error("the error of a tag is not typed")
	}
}

func TestNew_WarnsAboutAnUnencryptedToken(t *testing.T) {
	token := apptuitclient.WithToken("secret")
	for _, tt := range []struct {
		endpoint string
		opts     []apptuitclient.Option
		want     int
	}{
		{"http://metrics.test:4242", []apptuitclient.Option{token}, 1},
		{"http://10.0.0.1", []apptuitclient.Option{token, apptuitclient.WithUserID("u")}, 1},
		{"http://metrics.test", []apptuitclient.Option{apptuitclient.WithHeaders(map[string]string{"Authorization": "secret"})}, 1},
		{"http://metrics.test", nil, 0},
		{"https://metrics.test", []apptuitclient.Option{token}, 0},
		{"http://localhost:4242", []apptuitclient.Option{token}, 0},
		{"http://LOCALHOST", []apptuitclient.Option{token}, 0},
		{"http://127.1.2.3:4242", []apptuitclient.Option{token}, 0},
		{"http://[::1]:4242", []apptuitclient.Option{token}, 0},
	} {
		var w warnings
		f := newFake(t, status(http.StatusNoContent))
		c := f.client(append(tt.opts, apptuitclient.WithEndpoint(tt.endpoint), w.option())...)
		for range 3 {
			if err := c.Send(t.Context(), numberedPoints(1)); err != nil {
				t.Fatal(err)
			}
		}
		got := w.take()
		if len(got) != tt.want {
			t.Errorf("%s: warned %q", tt.endpoint, got)
		}
		if all := strings.Join(got, ""); strings.Contains(all, "secret") {
			t.Errorf("the token is in %q", all)
		}
	}
}

func TestWarningHandler_IsOpenTelemetrysByDefault(t *testing.T) {
	var got []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { got = append(got, err.Error()) }))
	t.Cleanup(func() { otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) })
	t.Setenv("APPTUIT_PY_TOKEN", "old-secret")
	t.Setenv("APPTUIT_PY_TAGS", "k: v")
	newClient(t, apptuitclient.WithEndpoint("http://fake.test"))
	want := []string{
		"apptuit: the environment variable APPTUIT_PY_TOKEN is deprecated: use APPTUIT_API_TOKEN",
		"apptuit: the environment variable APPTUIT_PY_TAGS is deprecated: use APPTUIT_TAGS",
		"apptuit: the token is sent to fake.test without encryption: use https",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestClient_Accessors(t *testing.T) {
	t.Setenv("APPTUIT_TAGS", "zone: eu")
	tags := map[string]string{"team": "a"}
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test/base/"), apptuitclient.WithTags(tags),
		apptuitclient.WithSanitizeMode(encoding.SanitizeApptuit), apptuitclient.WithTimestampResolution(time.Millisecond))
	tags["team"] = "changed"
	client.Of(c).Tags()["team"] = "changed"
	client.Of(c).EnvironmentTags()["zone"] = "changed"
	if c.Endpoint() != "https://fake.test/base" || client.Of(c).SanitizeMode() != encoding.SanitizeApptuit || !client.Of(c).Milliseconds() {
		t.Errorf("%s, %v, %v", c.Endpoint(), client.Of(c).SanitizeMode(), client.Of(c).Milliseconds())
	}
	if !maps.Equal(client.Of(c).Tags(), map[string]string{"team": "a"}) || !maps.Equal(client.Of(c).EnvironmentTags(), map[string]string{"zone": "eu"}) {
		t.Errorf("tags %v and %v", client.Of(c).Tags(), client.Of(c).EnvironmentTags())
	}
	if c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithoutEnvironmentTags()); client.Of(c).EnvironmentTags() != nil {
		t.Errorf("tags of the environment: %v", client.Of(c).EnvironmentTags())
	}
}

func TestParseCompression(t *testing.T) {
	for _, c := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone} {
		if got, err := apptuitclient.ParseCompression(strings.ToUpper(c.String())); err != nil || got != c {
			t.Errorf("%v: got %v, %v", c, got, err)
		}
	}
	if _, err := apptuitclient.ParseCompression("zstd"); err == nil {
		t.Error("zstd is a compression")
	}
}

// Arguments of options are copied and not modified.
func TestWithHTTPClient_CopiesTheClient(t *testing.T) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{ServerName: "x"}}
	given := &http.Client{Transport: transport, Timeout: time.Minute}
	config := &tls.Config{ServerName: "y"}
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(given),
		apptuitclient.WithTLSClientConfig(config), apptuitclient.WithTLSClientConfig(nil), apptuitclient.WithTLSClientConfig(config),
		apptuitclient.WithProxy(func(*http.Request) (*url.URL, error) { return nil, errors.ErrUnsupported }),
		withoutRetry())
	contains(t, c.Send(t.Context(), numberedPoints(1)), errors.ErrUnsupported.Error())
	if given.Transport != transport || given.CheckRedirect != nil || given.Timeout != time.Minute ||
		transport.TLSClientConfig.ServerName != "x" || transport.Proxy != nil || config.MinVersion != 0 {
		t.Error("what was given has been changed")
	}
}

// Instrumentation may replace http.DefaultTransport by another type of round tripper.
func TestNew_AcceptsAReplacedDefaultTransport(t *testing.T) {
	s := apptuittest.NewServer()
	defer s.Close()
	original := http.DefaultTransport
	http.DefaultTransport = newFake(t, status(http.StatusTeapot))
	defer func() { http.DefaultTransport = original }()
	c := newClient(t, apptuitclient.WithEndpoint(s.URL))
	if err := c.Send(t.Context(), numberedPoints(3)); err != nil || s.Total() != 3 {
		t.Errorf("%d points: %v", s.Total(), err)
	}
}

func TestWithRetry_FillsInDefaults(t *testing.T) {
	for _, retry := range []apptuitclient.RetryConfig{
		{Enabled: true, InitialInterval: math.MaxInt64},
		{Enabled: true, InitialInterval: time.Hour},
		{Enabled: true, MaxInterval: time.Nanosecond},
	} {
		retry.MaxElapsedTime = time.Nanosecond
		f := newFake(t, status(http.StatusServiceUnavailable))
		counted(t, f.client(apptuitclient.WithRetry(retry)).Send(t.Context(), numberedPoints(1)), 0, 1)
	}
}
