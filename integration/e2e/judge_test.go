// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// put is the body of a put. METRIC is replaced by a name, NOW by a time in seconds, and GOOD by a point
// that every server stores.
type put struct{ name, body string }

func puts() []put {
	point := func(tags string) string { return `{"metric":"METRIC","timestamp":NOW,"value":1,"tags":{` + tags + `}}` }
	value := func(v string) string {
		return `[GOOD,{"metric":"METRIC","timestamp":NOW,"value":` + v + `,"tags":{"h":"a"}}]`
	}
	tags := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(`"k%d":"v"`, i)
		}
		return strings.Join(all, ",")
	}
	return []put{
		{"good", `[GOOD]`},
		{"an object", `GOOD`},
		{"no points", `[]`},
		{"any characters", "[" + point(`"h h":"a b","日本":"+Inf {x}=\"y\",z"`) + "]"},
		{"an empty tag value", "[GOOD," + point(`"h":"","z":"1"`) + "]"},
		{"no tags", "[GOOD," + point(``) + "]"},
		{"26 tags", "[GOOD," + point(tags(26)) + "]"},
		{"39 tags", "[GOOD," + point(tags(39)) + "]"},
		{"40 tags", "[GOOD," + point(tags(40)) + "]"},
		{"the key time", "[GOOD," + point(`"h":"a","time":"noon"`) + "," + point(`"h":"b","time":"noon"`) + "]"},
		{"a value that ends in a backslash", "[GOOD," + point(`"a":"1\\","b":"2","c":"3"`) + "]"},
		{"two values that end in a backslash", "[GOOD," + point(`"a":"1\\","b":"2\\","c":"3"`) + "]"},
		{"the last value ends in a backslash", "[GOOD," + point(`"a":"1","b":"2\\"`) + "]"},
		{"only backslashes", "[GOOD," + point(`"a":"\\\\","b":"2"`) + "]"},
		{"a backslash within", "[GOOD," + point(`"a":"\\1\\x\\,","b":"2"`) + "]"},
		{"no metric", `[GOOD,{"metric":"","timestamp":NOW,"value":1,"tags":{"h":"a"}}]`},
		{"14 digits", `[GOOD,{"metric":"METRIC","timestamp":20000000000000,"value":1,"tags":{"h":"a"}}]`},
		{"a quoted time", `[GOOD,{"metric":"METRIC","timestamp":"NOW","value":1,"tags":{"h":"a"}}]`},
		{"a quoted number", value(`"1.5"`)},
		{"a quoted NaN", value(`"NaN"`)},
		{"a text", value(`"many"`)},
		{"a Boolean", value(`true`)},
		{"a large integer", value(`9007199254740993`)},
		{"two values of a second", `[GOOD,{"metric":"METRIC","timestamp":NOW,"value":9.5,"tags":{"good":"yes"}}]`},
		{"the same value twice", `[GOOD,GOOD]`},
		{"cut off", `[GOOD,{`},
		{"no JSON", `put METRIC NOW 1 h=a`},
		{"no body", ``},
	}
}

// Each server and apptuittest with the server's profile have the same status, error text and points after
// the same request. The profile of VictoriaMetrics is that of newer releases; 1.79 stores only the first
// 29 tags of a point.
func TestApptuittest_AnswersLikeTheServer(t *testing.T) {
	profiles := map[string]apptuittest.Profile{"VictoriaMetrics": apptuittest.VictoriaMetrics, "InfluxDB": apptuittest.InfluxDB}
	onEachBackend(t, func(t *testing.T, b backend) {
		judge := apptuittest.NewServer(apptuittest.WithProfile(profiles[b.name]))
		t.Cleanup(judge.Close)
		now := time.Now().Unix()
		cutsTags := b.name == "VictoriaMetrics" && !b.deflate(t)
		for i, p := range puts() {
			t.Run(p.name, func(t *testing.T) {
				metric := fmt.Sprintf("judged_%d", i)
				body := strings.NewReplacer("GOOD", `{"metric":"METRIC","timestamp":NOW,"value":7,"tags":{"good":"yes"}}`).Replace(p.body)
				body = strings.NewReplacer("METRIC", metric, "NOW", fmt.Sprint(now)).Replace(body)
				theirs, ours := sendRaw(t, b.endpoint, body, nil), sendRaw(t, judge.URL, body, nil)
				if theirs.status != ours.status {
					t.Errorf("%s answers %d %s, apptuittest %d %s", b.name, theirs.status, theirs.body, ours.status, ours.body)
				}
				if strings.Contains(theirs.body, "partial write") && theirs.body != ours.body {
					t.Errorf("%s answers %s, apptuittest %s", b.name, theirs.body, ours.body)
				}
				points, refusal := servers.Fetch(t, judge, metric)
				if cutsTags && strings.Count(p.body, `"k`) > 29 {
					cut := map[string]string{}
					for k := range 29 {
						cut[fmt.Sprint("k", k)] = "v"
					}
					points = []servers.Point{
						{Metric: metric, Tags: map[string]string{"good": "yes"}, Time: now * 1000, Value: 7},
						{Metric: metric, Tags: cut, Time: now * 1000, Value: 1},
					}
				}
				if diff := servers.Diff(b.points(t, metric), points, b.tolerance); diff != "" || refusal != "" {
					t.Errorf("in apptuittest in place of %s: %s %s", b.name, diff, refusal)
				}
			})
		}
	})
}

// Bodies that are compressed, or longer than VictoriaMetrics' limit, get the same status and error text
// from both. VictoriaMetrics 1.79 has another text for a body over the limit, and refuses deflate.
func TestApptuittest_AnswersBodiesLikeTheServer(t *testing.T) {
	t.Parallel()
	const limit = 1000
	v := servers.StartVictoriaMetrics(t, "-opentsdbhttp.maxInsertRequestSize="+strconv.Itoa(limit))
	i := servers.StartInfluxDB(t)
	asVictoriaMetrics := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.VictoriaMetrics), apptuittest.WithMaxBodyBytes(limit))
	t.Cleanup(asVictoriaMetrics.Close)
	asInfluxDB := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.InfluxDB))
	t.Cleanup(asInfluxDB.Close)
	body := func(n int) string {
		point := fmt.Sprintf(`{"metric":"m","timestamp":%d,"value":1,"tags":{"h":"a"}}`, time.Now().Unix())
		return point + strings.Repeat(" ", n-len(point))
	}
	var gzipped, deflated bytes.Buffer
	for _, w := range []io.WriteCloser{gzip.NewWriter(&gzipped), zlib.NewWriter(&deflated)} {
		if _, err := io.WriteString(w, body(100)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	stored, tooBig, noJSON := raw{204, ""}, raw{400, "too big"}, raw{400, "expected JSON array or hash"}
	newer, deflate := v.TakesDeflate(t), stored
	if !newer {
		deflate = raw{400, "cannot parse JSON"}
	}
	for _, c := range []struct {
		name             string
		endpoint, judged string
		body, coding     string
		theirs, ours     raw // with a part of the body
		otherWords       bool
	}{
		{"VictoriaMetrics, the largest", v.Endpoint(), asVictoriaMetrics.URL, body(limit), "", stored, stored, false},
		{"VictoriaMetrics, one byte more", v.Endpoint(), asVictoriaMetrics.URL, body(limit + 1), "", tooBig, tooBig, !newer},
		{"VictoriaMetrics, gzip", v.Endpoint(), asVictoriaMetrics.URL, gzipped.String(), "gzip", stored, stored, false},
		{"VictoriaMetrics, deflate", v.Endpoint(), asVictoriaMetrics.URL, deflated.String(), "deflate", deflate, stored, !newer},
		{"InfluxDB, gzip", i.Endpoint(), asInfluxDB.URL, gzipped.String(), "gzip", stored, stored, false},
		{"InfluxDB, deflate", i.Endpoint(), asInfluxDB.URL, deflated.String(), "deflate", noJSON, noJSON, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{"Content-Encoding": {c.coding}}
			theirs, ours := sendRaw(t, c.endpoint, c.body, header), sendRaw(t, c.judged, c.body, header)
			check := func(server string, got, want raw) {
				t.Helper()
				if got.status != want.status || !strings.Contains(got.body, want.body) {
					t.Errorf("%s answers %d %s, want %d %s", server, got.status, got.body, want.status, want.body)
				}
			}
			check("the server", theirs, c.theirs)
			check("apptuittest", ours, c.ours)
			if (theirs.body != ours.body) != c.otherWords {
				t.Errorf("the server answers %s, apptuittest %s", theirs.body, ours.body)
			}
		})
	}
}

// raw is the answer to a body that was sent without the client.
type raw struct {
	status int
	body   string
}

func sendRaw(t *testing.T, endpoint, body string, header http.Header) raw {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/api/put?details", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return raw{response.StatusCode, string(text)}
}
