// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// behaving is a server that behaves like a profile of apptuittest, and answers some further paths like
// the real server. APPTUIT_ENDPOINT is its address.
type behaving struct {
	*apptuittest.Handler
	asked []string // the further paths that were requested
}

func newBehaving(t *testing.T, p apptuittest.Profile, pages map[string]http.HandlerFunc) *behaving {
	t.Helper()
	b := &behaving{Handler: apptuittest.NewHandler(apptuittest.WithProfile(p))}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page, found := pages[r.URL.Path]; found {
			b.asked = append(b.asked, r.URL.Path) // no lock: the doctor sends one request at a time
			page(w, r)
			return
		}
		b.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(b.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("OTEL_SERVICE_NAME", "shop")
	return b
}

func page(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func TestProfile_IsRecommendedByTheBehaviorOfTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		profile                  apptuittest.Profile
		plus, partial, second    string
		recommended, explanation string
	}{
		"OpenTSDB": {
			apptuittest.OpenTSDB, `is refused: Invalid tag value with key [probe] ("a+b"): illegal character: +`, "the server reports each invalid point (1 stored, 1 not): Invalid tag value", "one is kept",
			"opentsdb", `le="+Inf"`,
		},
		"VictoriaMetrics": {apptuittest.VictoriaMetrics, "is accepted", "without details", "both are kept", "victoriametrics", "milliseconds"},
		"InfluxDB":        {apptuittest.InfluxDB, "is accepted", "the server reports only how many points are invalid (1 stored, 1 not)", "one is kept", "influxdb", "backslash"},
		"Apptuit":         {apptuittest.Apptuit, "is accepted", "both points are accepted", "one is kept", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			newBehaving(t, c.profile, nil)
			o := doctor(t)
			o.healthy(t)
			o.has(t, "ok", "server", "not recognized")
			o.has(t, "ok", "tag values", c.plus)
			o.has(t, "ok", "partial write", c.partial)
			o.has(t, "ok", "second value", c.second)
			if c.recommended == "" {
				o.has(t, "ok", "profile", "generic, the default; no finding")
				return
			}
			o.has(t, "warning", "profile", "generic, the default, does not fit a server that", "APPTUIT_SERVER="+c.recommended+",", c.explanation)

			doctor(t, withServer(c.recommended)).has(t, "ok", "profile", c.recommended+", from --server, fits ")
			t.Setenv("APPTUIT_SERVER", c.recommended)
			o = doctor(t)
			o.healthy(t)
			o.has(t, "ok", "profile", c.recommended+", from APPTUIT_SERVER, fits ")
		})
	}
}

// The probes that recognize the server are sent unchanged, even if the program has another profile,
// many tags, or another rule for tag values.
func TestProfile_IsRecommendedWhileAnotherIsSet(t *testing.T) {
	newBehaving(t, apptuittest.OpenTSDB, nil)
	var tags []string
	for i := range 7 {
		tags = append(tags, fmt.Sprintf("k%d: v", i))
	}
	t.Setenv("APPTUIT_TAGS", strings.Join(tags, ","))
	t.Setenv("APPTUIT_TAG_VALUES", "opentsdb")
	for _, server := range []string{"apptuit", "victoriametrics", "influxdb"} {
		t.Setenv("APPTUIT_SERVER", server)
		o := doctor(t)
		o.has(t, "failed", "put", "Too many tags")
		o.has(t, "ok", "tag values", "is refused")
		o.has(t, "skipped", "second value", "put has failed")
		o.has(t, "warning", "profile", server+", from APPTUIT_SERVER, does not fit", "APPTUIT_SERVER=opentsdb")
	}
}

func TestServer_IsRecognized(t *testing.T) {
	const metrics = "# TYPE vm_rows gauge\nvm_app_version{version=%q, short_version=%q} 1\nvm_rows 7\n"
	opentsdb := map[string]http.HandlerFunc{"/api/version": page(200, `{"short_revision":"a1b2","repo":"/x","host":"h","version":"2.4.1","full_revision":"a1b2","repo_status":"MODIFIED","user":"u","branch":"","timestamp":"1"}`)}
	influx := map[string]http.HandlerFunc{"/api/metadata/put": page(204, "")}
	ping := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Influxdb-Version", "1.6.7")
		w.WriteHeader(http.StatusNoContent)
	}
	anything := map[string]http.HandlerFunc{}
	for _, path := range []string{"/api/version", "/api/metadata/put", "/metrics", "/ping"} {
		anything[path] = page(204, "")
	}
	for name, c := range map[string]struct {
		profile     apptuittest.Profile
		pages       map[string]http.HandlerFunc
		found       string
		recommended string // empty: none
	}{
		"OpenTSDB":                         {apptuittest.OpenTSDB, opentsdb, "OpenTSDB 2.4.1, by /api/version", "opentsdb"},
		"OpenTSDB of Maven Central":        {apptuittest.OpenTSDB, map[string]http.HandlerFunc{"/api/version": page(200, `{"short_revision":"a1b2","version":"BuildData"}`)}, "OpenTSDB of revision a1b2, by /api/version", "opentsdb"},
		"OpenTSDB that accepts any value":  {apptuittest.Apptuit, opentsdb, "OpenTSDB 2.4.1", "opentsdb any"},
		"other JSON":                       {apptuittest.Apptuit, map[string]http.HandlerFunc{"/api/version": page(200, `{"version":"9"}`)}, "not recognized", ""},
		"an HTML page":                     {apptuittest.Apptuit, map[string]http.HandlerFunc{"/api/version": page(200, "<html>Log in</html>")}, "not recognized", ""},
		"VictoriaMetrics":                  {apptuittest.VictoriaMetrics, map[string]http.HandlerFunc{"/metrics": page(200, fmt.Sprintf(metrics, "victoria-metrics-20240301-tags-v1.99.0", "v1.99.0"))}, "VictoriaMetrics v1.99.0, by /metrics", "victoriametrics"},
		"VictoriaMetrics without a tag":    {apptuittest.VictoriaMetrics, map[string]http.HandlerFunc{"/metrics": page(200, fmt.Sprintf(metrics, "victoria-metrics-dev", ""))}, "VictoriaMetrics victoria-metrics-dev", "victoriametrics"},
		"VictoriaMetrics built by go":      {apptuittest.VictoriaMetrics, map[string]http.HandlerFunc{"/metrics": page(200, fmt.Sprintf(metrics, "", ""))}, "does not report its version", "victoriametrics"},
		"VictoriaMetrics' port for points": {apptuittest.VictoriaMetrics, map[string]http.HandlerFunc{"/api/version": page(400, `unexpected path requested on HTTP OpenTSDB server: "/api/version"`)}, "VictoriaMetrics, by the text of an error", "victoriametrics"},
		"metrics of another server":        {apptuittest.Apptuit, map[string]http.HandlerFunc{"/metrics": page(200, "up 1\n")}, "not recognized", ""},
		"InfluxDB's port for points":       {apptuittest.InfluxDB, influx, "InfluxDB, by /api/metadata/put", "influxdb"},
		"InfluxDB":                         {apptuittest.InfluxDB, map[string]http.HandlerFunc{"/ping": ping}, "InfluxDB 1.6.7, by /ping", "influxdb"},
		"a server that accepts anything":   {apptuittest.Apptuit, anything, "not recognized", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBehaving(t, c.profile, c.pages)
			for _, opts := range [][]Option{nil, {WithoutProbe()}} {
				b.Reset()
				b.asked = nil
				o := doctor(t, opts...)
				o.has(t, "ok", "server", c.found)
				if len(b.asked) == 0 {
					t.Errorf("the paths of %s were not requested", name)
				}
				if c.recommended == "" {
					o.has(t, "ok", "profile", "no finding suggests another profile")
					continue
				}
				server, _, _ := strings.Cut(c.recommended, " ")
				o.has(t, "warning", "profile", "APPTUIT_SERVER="+server)
				if opts == nil && strings.Contains(c.recommended, "any") {
					o.has(t, "warning", "profile", "APPTUIT_TAG_VALUES=any")
				}
				if opts != nil && b.Total() > 0 {
					t.Errorf("%d points were sent", b.Total())
				}
			}
		})
	}
}

// If the server does not accept the probe, and not because of its content, no further point is sent.
func TestRun_SendsNoFurtherProbesAfterAFailedPut(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Fault{Status: 503, Times: 100})
	o := doctor(t)
	for _, check := range []string{"tag values", "partial write", "two values", "second value"} {
		o.has(t, "skipped", check, "put has failed")
	}
	o.has(t, "ok", "profile", "no finding suggests another profile")
	puts := slices.DeleteFunc(s.Requests(), func(r apptuittest.Request) bool { return r.Path != "/api/put" })
	if len(puts) != 1 {
		t.Errorf("%d puts", len(puts))
	}
}

func TestRun_WarnsAboutFurtherProbesThatFail(t *testing.T) {
	s := newServer(t)
	bad := apptuittest.Fault{Status: 503, Body: "token " + theToken}
	// The put and the requests for the version come first.
	s.Fail(apptuittest.Fault{}, apptuittest.Fault{Times: versionQuestions}, bad, bad, bad)
	o := doctor(t)
	for _, check := range []string{"tag values", "partial write", "two values"} {
		o.has(t, "warning", check, "503", "Check the server's log")
	}
	o.has(t, "ok", "read-back", "found")
	o.has(t, "skipped", "second value", "could not be sent")
}

// versionQuestions is the number of requests by which an unknown server is asked for its version.
const versionQuestions = 4
