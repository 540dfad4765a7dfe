// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// Both servers answer a body that is too large, or has no length, with the same status and text.
func TestApptuittest_RefusesBodiesByLength(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	judge := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.OpenTSDB))
	t.Cleanup(judge.Close)
	point := line(shared.unique("length"), time.Now(), 1, `"h":"a"`)
	padded := func(size int) []byte { return append([]byte(point), bytes.Repeat([]byte{' '}, size-len(point))...) }
	const refusal = "<blockquote>Chunked request not supported.</blockquote>"
	for _, c := range []struct {
		name    string
		body    []byte
		chunked bool
		status  int
		words   string
	}{
		{"the largest", padded(8192), false, 200, `"success":1`},
		{"one byte more", padded(8193), false, 400, refusal},
		{"one byte more when compressed", gzipped(incompressible(40000)), false, 400, refusal},
		{"chunked", []byte(point), true, 400, refusal},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, endpoint := range map[string]string{"OpenTSDB": o.Endpoint(), "apptuittest": judge.URL} {
				header := http.Header{}
				if bytes.HasPrefix(c.body, []byte{0x1f, 0x8b}) {
					header.Set("Content-Encoding", "gzip")
				}
				var body io.Reader = bytes.NewReader(c.body)
				if c.chunked {
					body = io.MultiReader(body) // whose length net/http does not know
				}
				a := postTo(t, endpoint, "details", body, header)
				if a.Status != c.status || !strings.Contains(a.Body, c.words) {
					t.Errorf("%s answers %d %s, want %d and %s", name, a.Status, a.Body, c.status, c.words)
				}
			}
		})
	}
}

// incompressible returns a JSON text of about n bytes that gzip can hardly compress.
func incompressible(n int) []byte {
	sent, _ := samples("m", n/20)
	var text bytes.Buffer
	for i, p := range sent {
		fmt.Fprintf(&text, "%v,%d\n", p.Value, i)
	}
	return text.Bytes()
}

// Both servers keep the same of two values with one time, or fail the query for them.
func TestApptuittest_KeepsTheSameValues(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	judge := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.OpenTSDB))
	t.Cleanup(judge.Close)
	at := time.Now().Truncate(time.Second)
	texts := []string{"0", "1", "-128", "127", "128", "-32768", "32768", "2147483647", "2147483648", "0.5", "0.1", "1e300"}
	for i, first := range texts {
		for _, second := range texts[i:] {
			for _, unit := range []time.Duration{time.Second, time.Millisecond} {
				metric := shared.unique("kept")
				for _, body := range [][]byte{array(line(metric, at, first, `"h":"a"`)), array(line(metric, time.Unix(at.UnixNano()/int64(unit), 0), second, `"h":"a"`))} {
					for _, endpoint := range []string{o.Endpoint(), judge.URL} {
						if a := postTo(t, endpoint, "details&sync", bytes.NewReader(body), http.Header{}); a.Status != http.StatusOK {
							t.Fatalf("answer %d %s", a.Status, a.Body)
						}
					}
				}
				if diff := cmp.Diff(queried(t, o, metric), judged(t, judge, metric)); diff != "" {
					t.Errorf("%s, then %s in %s (-OpenTSDB +apptuittest):\n%s", first, second, unit, diff)
				}
			}
		}
	}
}

const duplicate = "Duplicate timestamp"

// queried returns the values of the single series of a metric in OpenTSDB. It waits until there are
// values.
func queried(t *testing.T, o *opentsdb.OpenTSDB, metric string) []string {
	t.Helper()
	for deadline := time.Now().Add(storedTime); ; time.Sleep(20 * time.Millisecond) {
		a := o.Query(t, metric)
		if strings.Contains(a.Body, duplicate) {
			return []string{duplicate}
		}
		var series []struct {
			Points [][2]float64 `json:"dps"`
		}
		if err := json.Unmarshal([]byte(a.Body), &series); err == nil && len(series) == 1 {
			var all []string
			for _, p := range series[0].Points {
				all = append(all, fmt.Sprint(p[1]))
			}
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("query: %d %s", a.Status, a.Body)
		}
	}
}

// judged does for apptuittest what queried does for OpenTSDB.
func judged(t *testing.T, judge *apptuittest.Server, metric string) []string {
	t.Helper()
	points, refusal := servers.Fetch(t, judge, metric)
	if strings.Contains(refusal, duplicate) {
		return []string{duplicate}
	}
	var all []string
	for _, p := range points {
		all = append(all, fmt.Sprint(p.Value))
	}
	return all
}
