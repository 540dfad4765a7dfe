// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

// HBase is a running HBase with OpenTSDB's empty tables. Its methods may be called concurrently.
type HBase struct {
	p         *process
	zooKeeper string
	launcher  launcher
}

// StartHBase starts HBase with its files below an empty folder. The caller must close it.
func StartHBase(t testing.TB, dir string) *HBase {
	t.Helper()
	h := &HBase{launcher: buildLauncher(t)}
	var err error
	if h.p, h.zooKeeper, err = start("hbase", h.launcher.hbase, dir, dir); err != nil {
		t.Fatal(err)
	}
	return h
}

// Close ends HBase as a crash does.
func (h *HBase) Close() error { return h.p.kill() }

// OpenTSDB is a running OpenTSDB.
type OpenTSDB struct {
	p        *process
	addr     string
	launcher launcher
}

// RecordVersion records the versions of OpenTSDB and HBase for the test, see package
// internal/testedwith. Start calls it.
func (o *OpenTSDB) RecordVersion(t testing.TB) {
	t.Helper()
	testedwith.Note(t, "OpenTSDB", func() (string, error) { return o.launcher.tsd.version("opentsdb") })
	testedwith.Note(t, "HBase", func() (string, error) { return o.launcher.hbase.version("hbase-server") })
}

// Start starts an OpenTSDB over the HBase. properties override the defaults of OpenTSDB, and two defaults
// of this package: points are written after 100 ms instead of 1 s, and unknown metrics are created. The
// OpenTSDB ends with the test, which shows the log if the test has failed.
func (h *HBase) Start(t testing.TB, properties map[string]string) *OpenTSDB {
	t.Helper()
	o := h.Open(t, t.TempDir(), properties)
	o.RecordVersion(t)
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of OpenTSDB:\n%s", o.Log())
		}
	})
	return o
}

// Open starts an OpenTSDB like Start, with its files in a folder. The caller must close it.
func (h *HBase) Open(t testing.TB, dir string, properties map[string]string) *OpenTSDB {
	t.Helper()
	o := &OpenTSDB{launcher: h.launcher}
	for attempt := 1; ; attempt++ {
		o.addr = servers.FreeAddr(t)
		config := filepath.Join(dir, "opentsdb.conf")
		if err := os.WriteFile(config, h.configuration(t, dir, o.addr, properties), 0o600); err != nil {
			t.Fatal(err)
		}
		var err error
		if o.p, _, err = start("opentsdb", h.launcher.tsd, dir, config); err == nil {
			return o
		}
		const attempts = 5 // if another process takes the port
		if attempt == attempts || !strings.Contains(err.Error(), "Address already in use") {
			t.Fatal(err)
		}
	}
}

// configuration returns the text of a configuration file.
func (h *HBase) configuration(t testing.TB, dir, addr string, properties map[string]string) []byte {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"tsd.network.bind": host,
		"tsd.network.port": port,
		// There is no page to serve.
		"tsd.http.staticroot": dir,
		"tsd.http.cachedir":   dir,

		"tsd.core.auto_create_metrics": "true",
		// tsd.storage.flush_interval has no effect with this asynchbase.
		"hbase.rpcs.buffered_flush_interval": "100",

		"tsd.storage.hbase.zk_quorum":  h.zooKeeper,
		"tsd.storage.hbase.zk_basedir": "/hbase",
	}
	maps.Copy(all, properties)
	var text bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s = %s\n", key, all[key])
	}
	return text.Bytes()
}

// Close ends the OpenTSDB as a crash does.
func (o *OpenTSDB) Close() error { return o.p.kill() }

// Log returns the end of the log.
func (o *OpenTSDB) Log() string { return o.p.logTail() }

// Endpoint returns the base URL of /api/put.
func (o *OpenTSDB) Endpoint() string { return "http://" + o.addr }

// An Answer is the answer of OpenTSDB to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Get sends a request without a body.
func (o *OpenTSDB) Get(t testing.TB, path string, parameters url.Values) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.Endpoint()+path+"?"+parameters.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	a, err := o.do(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Put sends a body to /api/put unchanged, without the client under test. query is the query of the URL.
// Put returns an error if there is no answer.
func (o *OpenTSDB) Put(t testing.TB, query string, body []byte, header http.Header) (Answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.Endpoint()+"/api/put?"+query, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	return o.do(r)
}

func (o *OpenTSDB) do(r *http.Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	r = r.WithContext(ctx)
	r.Close = true // each on a connection of its own
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, response.Header, string(text)}, err
}

// Metrics returns the names of the metrics that begin with a prefix.
func (o *OpenTSDB) Metrics(t testing.TB, prefix string) []string {
	t.Helper()
	a := o.Get(t, "/api/suggest", url.Values{"type": {"metrics"}, "q": {prefix}, "max": {"10000"}})
	var names []string
	if err := json.Unmarshal([]byte(a.Body), &names); err != nil || a.Status != http.StatusOK {
		t.Fatalf("metrics: %d %s", a.Status, a.Body)
	}
	return names
}

// Query returns the answer to a query for all series of a metric, without aggregation. It has [time,
// value] pairs with times in milliseconds.
func (o *OpenTSDB) Query(t testing.TB, metric string) Answer {
	t.Helper()
	return o.Get(t, "/api/query", url.Values{"start": {"1"}, "m": {"none:" + metric}, "ms": {"true"}, "arrays": {"true"}})
}

// Points returns the points of all metrics whose names begin with a prefix.
func (o *OpenTSDB) Points(t testing.TB, prefix string) []servers.Point {
	t.Helper()
	var points []servers.Point
	for _, metric := range o.Metrics(t, prefix) {
		a := o.Query(t, metric)
		var series []struct {
			Metric string            `json:"metric"`
			Tags   map[string]string `json:"tags"`
			Points [][2]json.Number  `json:"dps"`
		}
		if err := json.Unmarshal([]byte(a.Body), &series); err != nil || a.Status != http.StatusOK {
			t.Fatalf("query for %s: %d %s", metric, a.Status, a.Body)
		}
		for _, s := range series {
			for _, p := range s.Points {
				at, err1 := strconv.ParseInt(p[0].String(), 10, 64)
				value, err2 := p[1].Float64()
				if err1 != nil || err2 != nil {
					t.Fatalf("query for %s: point %v", metric, p)
				}
				points = append(points, servers.Point{Metric: s.Metric, Tags: s.Tags, Time: at, Value: value})
			}
		}
	}
	return points
}
