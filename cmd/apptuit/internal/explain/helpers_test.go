// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

// secret is a token that must never be shown.
const secret = "t0ken/5ecret+x"

type outcome struct {
	code           int
	stdout, stderr string
}

func execute(t *testing.T, args ...string) outcome { return executeWith(t, "", args...) }

func executeWith(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	code := cli.Run(t.Context(), Command(), args, strings.NewReader(stdin), &stdout, &stderr)
	if strings.Contains(stdout.String()+stderr.String(), "5ecret") {
		t.Errorf("%q: a secret is in %s%s", args, stdout.String(), stderr.String())
	}
	return outcome{code, stdout.String(), stderr.String()}
}

func decode(t *testing.T, o outcome) (r Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v in %+v", err, o)
	}
	return r
}

// server takes points and answers queries: apptuittest, with a part of Prometheus' API over its
// points and some more.
type server struct {
	*apptuittest.Handler
	url    string
	native bool
	token  string
	more   []sample
}

// sample is a point on the server.
type sample struct {
	metric string
	tags   map[string]string
	at     time.Time
	value  float64
}

func newServer(t *testing.T, profile apptuittest.Profile, token string, native bool) *server {
	t.Helper()
	options := []apptuittest.Option{apptuittest.WithProfile(profile)}
	if token != "" {
		options = append(options, apptuittest.WithToken(token))
	}
	s := &server{Handler: apptuittest.NewHandler(options...), native: native, token: token}
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	s.url = h.URL
	return s
}

// store adds a point to the server, for example requests{host="web1"} NOW-3h 5.
func (s *server) store(t *testing.T, now time.Time, text string) {
	t.Helper()
	m := regexp.MustCompile(`^([^{]+)(\{.*\}) (NOW\S*) (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("stored: %q", text)
	}
	value, err := strconv.ParseFloat(m[4], 64)
	if err != nil {
		t.Fatal(err)
	}
	s.more = append(s.more, sample{m[1], selectorOf(m[2]), now.Add(offset(t, m[3])), value})
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/prometheus/api/v1/")
	if !ok || s.native {
		s.Handler.ServeHTTP(w, r)
		return
	}
	if s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var data any
	switch rest {
	case "query":
		data = s.query(r.Form.Get("query"), r.Form.Get("time"))
	case "series":
		data = s.labels(r.Form.Get("match[]"))
	case "label/__name__/values":
		names := map[string]bool{}
		for _, p := range s.samples(nil) {
			names[p.metric] = true
		}
		data = slices.Sorted(maps.Keys(names))
	}
	if data == nil {
		http.Error(w, "no such query: "+r.Form.Encode(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data})
}

// samples returns the points with some labels.
func (s *server) samples(match map[string]string) (all []sample) {
	candidates := slices.Clone(s.more)
	for _, p := range s.Points() {
		candidates = append(candidates, sample{p.Metric, p.Tags, p.Time(), p.Float()})
	}
	for _, p := range candidates {
		if contains(p.labels(), match) {
			all = append(all, p)
		}
	}
	return all
}

func (p sample) labels() map[string]string {
	all := map[string]string{"__name__": p.metric}
	maps.Copy(all, p.tags)
	return all
}

// selectorOf parses {key="value",key="value"}.
func selectorOf(text string) map[string]string {
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`([\w.]+)"?=("(?:[^"\\]|\\.)*")`).FindAllStringSubmatch(text, -1) {
		value, err := strconv.Unquote(m[2])
		if err != nil {
			panic(err)
		}
		all[m[1]] = value
	}
	return all
}

func (s *server) labels(match string) any {
	all := []map[string]string{}
	for _, p := range s.samples(selectorOf(match)) {
		all = append(all, p.labels())
	}
	return all
}

// query answers the three forms of queries that the command asks.
func (s *server) query(q, at string) any {
	seconds, err := strconv.ParseFloat(at, 64)
	end := time.Now()
	if err == nil {
		end = time.UnixMilli(int64(seconds * 1000))
	}
	value := func(t time.Time, v float64) []any { return []any{float64(t.UnixMilli()) / 1000, fmt.Sprint(v)} }
	if q == "vector(1)" {
		return map[string]any{"resultType": "vector", "result": []any{map[string]any{"metric": map[string]string{}, "value": value(end, 1)}}}
	}
	m := regexp.MustCompile(`(\{.*\})\)?\[(\d+)s(:5m)?\]`).FindStringSubmatch(q)
	if m == nil {
		return nil
	}
	back, _ := strconv.Atoi(m[2])
	start := end.Add(-time.Duration(back) * time.Second)
	all, last := []any{}, time.Time{}
	for _, p := range s.samples(selectorOf(m[1])) {
		if p.at.After(end) || p.at.Before(start) {
			continue
		}
		all = append(all, map[string]any{"metric": p.labels(), "values": []any{value(p.at, p.value)}})
		if p.at.After(last) {
			last = p.at
		}
	}
	if m[3] == "" {
		return map[string]any{"resultType": "matrix", "result": all}
	}
	return map[string]any{"resultType": "vector", "result": []any{map[string]any{"metric": map[string]string{}, "value": value(end, float64(last.UnixMilli())/1000)}}}
}
