// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// InfluxDB is a running InfluxDB 1.6 with an OpenTSDB service. It stores float64 values exactly, and keeps
// the last of several points with the same series and time. It garbles a tag value that ends in a
// backslash.
type InfluxDB struct {
	p         *process
	http, put string
}

// database is the database that the OpenTSDB service writes to.
const database = "apptuit"

// Limits are the limits of InfluxDB on new series. 0 is no limit.
type Limits struct {
	// SeriesPerDatabase is max-series-per-database.
	SeriesPerDatabase int
	// ValuesPerTag is max-values-per-tag.
	ValuesPerTag int
}

// StartInfluxDB starts InfluxDB with an empty database and no limits.
func StartInfluxDB(t testing.TB) *InfluxDB {
	t.Helper()
	return StartLimitedInfluxDB(t, Limits{})
}

// StartLimitedInfluxDB starts InfluxDB with an empty database and limits.
func StartLimitedInfluxDB(t testing.TB, limits Limits) *InfluxDB {
	t.Helper()
	path, dir := find(t, "influxd", "influxdb"), t.TempDir()
	i := &InfluxDB{}
	config := filepath.Join(dir, "influxdb.conf")
	i.p = &process{
		name: "influxd", path: path, dir: dir,
		product: "InfluxDB", version: func() (string, error) { return printedVersion(path, "version") },
		command: func() []string { return []string{"-config", config} },
		// It logs this text when all its services listen.
		ready: func(ctx context.Context) error {
			if err := i.p.logContains("Listening for signals"); err != nil {
				return err
			}
			_, err := get(ctx, i.URL()+"/ping")
			return err
		},
	}
	i.p.start(t, func() {
		i.http, i.put = FreeAddr(t), FreeAddr(t)
		if err := os.WriteFile(config, i.config(dir, limits), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	i.CreateDatabase(t)
	return i
}

func (i *InfluxDB) config(dir string, limits Limits) []byte {
	return fmt.Appendf(nil, `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = %q
[data]
  dir = %q
  wal-dir = %q
  max-series-per-database = %d
  max-values-per-tag = %d
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = %q
  log-enabled = false
[logging]
  format = "logfmt"
[[opentsdb]]
  enabled = true
  bind-address = %q
  database = %q
`, filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), limits.SeriesPerDatabase, limits.ValuesPerTag, i.http, i.put, database)
}

// Endpoint returns the base URL of /api/put.
func (i *InfluxDB) Endpoint() string { return "http://" + i.put }

// URL returns the URL of InfluxDB's own API.
func (i *InfluxDB) URL() string { return "http://" + i.http }

// Stop ends the server in order.
func (i *InfluxDB) Stop(t testing.TB) { i.p.stop(t) }

// Kill ends the server as a crash does.
func (i *InfluxDB) Kill(t testing.TB) { i.p.kill(t) }

// Restart starts the server again with the same data and ports. It first kills a running server.
func (i *InfluxDB) Restart(t testing.TB) { i.p.restart(t) }

// CreateDatabase creates the database of the OpenTSDB service.
func (i *InfluxDB) CreateDatabase(t testing.TB) {
	t.Helper()
	i.query(t, "CREATE DATABASE "+quoteInfluxQL(database))
}

// DropDatabase deletes the database with all points. Until CreateDatabase is called, the server answers puts
// with 500.
func (i *InfluxDB) DropDatabase(t testing.TB) {
	t.Helper()
	i.query(t, "DROP DATABASE "+quoteInfluxQL(database))
}

// Retain makes the database refuse points that are older than age, which is at least an hour.
func (i *InfluxDB) Retain(t testing.TB, age time.Duration) {
	t.Helper()
	i.query(t, fmt.Sprintf("ALTER RETENTION POLICY autogen ON %s DURATION %ds SHARD DURATION 1h", quoteInfluxQL(database), int(age.Seconds())))
}

// Points returns all points of the server, or only the points of certain metrics.
func (i *InfluxDB) Points(t testing.TB, metrics ...string) []Point {
	t.Helper()
	from := "/.*/"
	if len(metrics) > 0 {
		quoted := make([]string, len(metrics))
		for j, m := range metrics {
			quoted[j] = quoteInfluxQL(m)
		}
		from = strings.Join(quoted, ", ")
	}
	points, err := parseSeries(i.query(t, "SELECT value FROM "+from+" GROUP BY *"))
	if err != nil {
		t.Fatalf("answer of InfluxDB: %v", err)
	}
	return points
}

// query runs an InfluxQL query. An error of the answer fails the test.
func (i *InfluxDB) query(t testing.TB, q string) *influxAnswer {
	t.Helper()
	text, err := post(t.Context(), i.URL()+"/query", url.Values{"db": {database}, "epoch": {"ms"}, "q": {q}})
	if err != nil {
		t.Fatal(err)
	}
	var a influxAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	if err := a.failure(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return &a
}

type influxAnswer struct {
	Error   string `json:"error"`
	Results []struct {
		Error  string `json:"error"`
		Series []struct {
			Name    string            `json:"name"`
			Tags    map[string]string `json:"tags"`
			Columns []string          `json:"columns"`
			Values  [][]float64       `json:"values"`
		} `json:"series"`
	} `json:"results"`
}

func (a *influxAnswer) failure() error {
	if a.Error != "" {
		return errors.New(a.Error)
	}
	for _, r := range a.Results {
		if r.Error != "" {
			return errors.New(r.Error)
		}
	}
	return nil
}

// parseSeries reads rows of time and value. It omits empty tags: in the answer, each series has the tags of
// all series.
func parseSeries(a *influxAnswer) ([]Point, error) {
	var points []Point
	for _, r := range a.Results {
		for _, s := range r.Series {
			for k, v := range s.Tags {
				if v == "" {
					delete(s.Tags, k)
				}
			}
			for _, row := range s.Values {
				if len(row) != 2 {
					return nil, fmt.Errorf("%s: columns %q", s.Name, s.Columns)
				}
				// As a float64, a time in milliseconds is exact.
				p := Point{Metric: s.Name, Tags: s.Tags, Time: int64(row[0]), Value: row[1]}
				points = append(points, p)
			}
		}
	}
	return points, nil
}

func quoteInfluxQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
