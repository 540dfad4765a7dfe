// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apache "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

const token = "a-token"

// t0 is when the stored points begin.
const t0 = 1781611200

// store starts a server with points of two metrics, and points the environment
// at it.
func store(t *testing.T) *apptuittest.Server {
	t.Helper()
	server := apptuittest.NewServer(apptuittest.WithToken(token))
	t.Cleanup(server.Close)
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL), apptuitclient.WithToken(token))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var points []apptuitclient.DataPoint
	add := func(metric, host string, minute int, value float64) {
		points = append(points, apptuitclient.DataPoint{
			Metric: metric, Tags: map[string]string{"host": host}, Timestamp: time.Unix(t0+int64(60*minute), 0), Value: value,
		})
	}
	for minute := range 5 {
		add("cpu", "web1", minute, 10+float64(minute))
		if minute != 2 {
			add("cpu", "web2", minute, 0.5*float64(minute))
		}
		add("mem", "web1", minute, 1e9)
	}
	if err := client.Send(t.Context(), points); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	t.Setenv("APPTUIT_API_TOKEN", token)
	return server
}

// cpu is a query with one output, and both a query with two.
func cpu(more ...string) []string { return ask("fetch('cpu')", more...) }

func both(more ...string) []string {
	return ask("a=fetch('cpu'); b=fetch('mem'); output(a,b)", more...)
}

func ask(q string, more ...string) []string {
	return append([]string{q, "--start", "1781611200", "--end", "1781611500", "--tz", "UTC"}, more...)
}

func TestTable_OffATerminalIsComplete(t *testing.T) {
	store(t)
	want := `out0:
cpu
host                  web1  web2
2026-06-16 12:00:00Z    10     0
2026-06-16 12:01:00Z    11   0.5
2026-06-16 12:02:00Z    12     -
2026-06-16 12:03:00Z    13   1.5
2026-06-16 12:04:00Z    14     2
[5 times x 2 series]
`
	if diff := cmp.Diff(want, succeed(t, cpu()...)); diff != "" {
		t.Error(diff)
	}
	got := succeed(t, both()...)
	for _, part := range []string{"a:\n", "cpu\nhost", "\n\nb:\n", "mem  host=web1\n"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	if got := succeed(t, both("--id", "b")...); !strings.HasPrefix(got, "b:\n") || strings.Contains(got, "cpu") {
		t.Errorf("output b:\n%s", got)
	}
}

func TestTable_FitsTheWidth(t *testing.T) {
	store(t)
	want := `out0:
mem  host=web1  2026-06-16 UTC
time   value
12:00     1G
12:01     1G
12:02     1G
12:03     1G
12:04     1G
[5 times x 1 series]
`
	if diff := cmp.Diff(want, succeed(t, ask("fetch('mem')", "--width", "60", "-o", "table")...)); diff != "" {
		t.Error(diff)
	}
	if got := succeed(t, ask("fetch('mem')", "--width", "60", "-o", "table", "--raw")...); !strings.Contains(got, "12:04  1e+09\n") {
		t.Error(got)
	}
}

func TestChart_IsAboveTheTable(t *testing.T) {
	store(t)
	got := succeed(t, cpu("--width", "60")...)
	chart, table, _ := strings.Cut(got, "\n\n")
	if !strings.Contains(chart, "┤") || !strings.Contains(chart, "** web1   ++ web2") {
		t.Errorf("chart:\n%s", chart)
	}
	if !strings.HasPrefix(table, "cpu  2026-06-16 UTC\nhost   web1  web2\n12:00    10   0.0\n") {
		t.Errorf("table:\n%s", table)
	}
	if got := succeed(t, cpu("--width", "60", "-o", "table")...); strings.Contains(got, "┤") {
		t.Errorf("-o table:\n%s", got)
	}
}

func TestLong_HasARowForEachPoint(t *testing.T) {
	store(t)
	for _, c := range []struct {
		args  []string
		lines int
		first string
	}{
		{cpu("--long", "-o", "csv"), 10, "metric,host,time,value\ncpu,web1,2026-06-16T12:00:00Z,10\n"},
		{cpu("-o", "jsonl"), 9, `{"output":"out0","metric":"cpu","tags":{"host":"web1"},"time":"2026-06-16T12:00:00Z","value":10}` + "\n"},
		{cpu("--long"), 13, "out0:\ncpu\nhost  time                  value\nweb1  2026-06-16 12:00:00Z     10\n"},
		{cpu("--long", "--width", "60"), 13, "out0:\ncpu  2026-06-16 UTC\nhost  time   value\nweb1  12:00   10.0\n"},
		{both("--long", "-o", "csv", "--id", "b"), 6, "metric,host,time,value\nmem,web1,"},
		{both("-o", "jsonl"), 14, `{"output":"a","metric":"cpu"`},
		{both("-o", "jsonl", "--id", "b"), 5, `{"output":"b","metric":"mem"`},
	} {
		got := succeed(t, c.args...)
		if !strings.HasPrefix(got, c.first) || strings.Count(got, "\n") != c.lines {
			t.Errorf("%q: %d lines, want %d and %q\n%s", c.args, strings.Count(got, "\n"), c.lines, c.first, got)
		}
	}
	var answer struct {
		Outputs []struct {
			Rows []struct {
				Metric string
				Tags   map[string]string
				Time   time.Time
				Value  *float64
			}
		}
	}
	if err := json.Unmarshal([]byte(succeed(t, cpu("--long", "-o", "json")...)), &answer); err != nil {
		t.Fatal(err)
	}
	if rows := answer.Outputs[0].Rows; len(rows) != 9 || rows[8].Tags["host"] != "web2" || *rows[8].Value != 2 {
		t.Errorf("%+v", rows)
	}
	fail(t, cli.Failed, `the outputs "a", "b", and csv holds one: choose it with --id`, both("--long", "-o", "csv")...)
	fail(t, cli.Failed, `no output "c": it has "a", "b"`, both("--long", "-o", "csv", "--id", "c")...)
}

func TestQueries_AreJoinedOnTime(t *testing.T) {
	store(t)
	several := func(more ...string) []string { return append(ask("fetch('cpu')", more...), "fetch('mem')") }
	f := readCSV(t, succeed(t, several("-o", "csv")...))
	want := []string{"cpu{host:web1, query:fetch('cpu')}", "cpu{host:web2, query:fetch('cpu')}", "mem{host:web1, query:fetch('mem')}"}
	if diff := cmp.Diff(want, f.names()); diff != "" || len(f.times) != 5 {
		t.Errorf("%d times, %s", len(f.times), diff)
	}
	if got := succeed(t, several("-o", "jsonl")...); strings.Count(got, "\n") != 14 || strings.Count(got, `"query":"fetch('mem')"`) != 5 {
		t.Error(got)
	}
	// In a table, metric and tags tell them apart.
	if got := succeed(t, several()...); !strings.HasPrefix(got, "metric                 cpu   cpu    mem\nhost                  web1  web2   web1\n") {
		t.Error(got)
	}
	// Two answers with the same series stay apart.
	twice := append(ask("fetch('mem')"), "fetch('mem').downsample('2m','max')")
	if got := succeed(t, twice...); !strings.Contains(got, "fetch('mem').downsample('2m','max')\n") || !strings.Contains(got, "x 2 series]") {
		t.Error(got)
	}
	fail(t, cli.Failed, "fetch(: ", ask("fetch('cpu')", "fetch(")...)
	out := execute(t, append(ask("fetch('cpu')"), "fetch('none')")...)
	if out.code != cli.OK || out.stderr != "query: no points of fetch('none') from 2026-06-16T12:00:00Z to 2026-06-16T12:05:00Z\n" {
		t.Errorf("%+v", out)
	}
}

func TestCSV_HasAColumnForEachSeries(t *testing.T) {
	store(t)
	f := readCSV(t, succeed(t, cpu("-o", "csv")...))
	if len(f.times) != 5 || !f.times[0].Equal(time.Unix(t0, 0)) || !f.times[4].Equal(time.Unix(t0+240, 0)) {
		t.Errorf("times %v", f.times)
	}
	want := map[string][]float64{"cpu{host:web1}": {10, 11, 12, 13, 14}, "cpu{host:web2}": {0, 0.5, math.NaN(), 1.5, 2}}
	if diff := cmp.Diff(want, f.columns, sameNaN()); diff != "" {
		t.Error(diff)
	}
	fail(t, cli.Failed, `the outputs "a", "b", and csv holds one: choose it with --id`, both("-o", "csv")...)
	if got := readCSV(t, succeed(t, both("-o", "csv", "--id", "b")...)).names(); !slices.Equal(got, []string{"mem{host:web1}"}) {
		t.Errorf("columns of b: %q", got)
	}
	// In a time zone: the same times.
	if got := succeed(t, append(cpu("-o", "csv"), "--tz", "Asia/Kolkata")...); !strings.Contains(got, "2026-06-16T17:30:00+05:30,10,0\n") {
		t.Error(got)
	}
}

func sameNaN() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
}

func TestJSON_HasOutputsAndRemarks(t *testing.T) {
	store(t)
	var got struct {
		Outputs []struct {
			ID    string
			Frame struct {
				Index   []time.Time
				Columns []struct {
					Name, Metric string
					Tags         map[string]string
					Values       []*float64
				}
			}
		}
		Partial         bool
		Warnings, Infos []string
	}
	d := json.NewDecoder(strings.NewReader(succeed(t, both("-o", "json")...)))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Outputs) != 2 || got.Outputs[0].ID != "a" || got.Outputs[1].ID != "b" || got.Warnings == nil || len(got.Warnings) != 0 {
		t.Fatalf("%+v", got)
	}
	f := got.Outputs[0].Frame
	if len(f.Index) != 5 || !f.Index[1].Equal(time.Unix(t0+60, 0)) || len(f.Columns) != 2 {
		t.Fatalf("%+v", f)
	}
	c := f.Columns[1]
	if c.Name != "cpu{host:web2}" || c.Metric != "cpu" || c.Tags["host"] != "web2" || len(c.Values) != 5 || c.Values[2] != nil || *c.Values[3] != 1.5 {
		t.Errorf("%+v", c)
	}
}

func TestArrow_HasAColumnForEachSeries(t *testing.T) {
	store(t)
	file, err := ipc.NewFileReader(strings.NewReader(succeed(t, cpu("-o", "arrow")...)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	record, err := file.RecordBatch(0)
	if err != nil {
		t.Fatal(err)
	}
	if file.NumRecords() != 1 || record.NumRows() != 5 || record.NumCols() != 3 {
		t.Fatalf("%d records, %v", file.NumRecords(), record)
	}
	times, web2 := record.Column(0).(*array.Timestamp), record.Column(2).(*array.Float64)
	if got := times.DataType().String(); got != "timestamp[ms, tz=UTC]" || times.Value(1) != apache.Timestamp(1000*(t0+60)) {
		t.Errorf("%s: %v", got, times)
	}
	if host, _ := record.Schema().Field(2).Metadata.GetValue("tag.host"); host != "web2" || !web2.IsNull(2) || web2.Value(3) != 1.5 {
		t.Errorf("host %s: %v", host, web2)
	}
	fail(t, cli.Failed, "arrow holds one", both("-o", "arrow")...)
}

func TestPNG_HasTheSizeAndTheLegend(t *testing.T) {
	store(t)
	f := func(width, height int, args ...string) {
		t.Helper()
		img, err := png.Decode(strings.NewReader(succeed(t, args...)))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != width || b.Dy() != height {
			t.Errorf("%v, want %d x %d", b, width, height)
		}
		for c, name := range lineColors() {
			if n := count(img, c, 0, 1); (n > 0) != (name != "green") { // there are two lines
				t.Errorf("%d pixels are %s", n, name)
			}
		}
	}
	f(900, 420, cpu("-o", "png")...)
	f(900, 600, both("-o", "png")...)
	f(640, 300, cpu("-o", "png", "--size", "640x300")...)
	fail(t, cli.Failed, "each panel needs 80", both("-o", "png", "--size", "900x150")...)
}

func TestSVG_HasTheTexts(t *testing.T) {
	store(t)
	f := func(args []string, want ...string) {
		t.Helper()
		picture := succeed(t, args...)
		texts := map[string]bool{}
		for d := xml.NewDecoder(strings.NewReader(picture)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := token.(xml.CharData); ok {
				texts[string(s)] = true
			}
		}
		for _, w := range want {
			if !texts[w] {
				t.Errorf("no text %q in %q", w, slices.Sorted(maps.Keys(texts)))
			}
		}
	}
	f(cpu("-o", "svg"), "fetch('cpu')", "cpu", "host", "web1", "web2", "12:02:00", "2026-06-16 UTC")
	f(both("-o", "svg"), "a: cpu", "web1", "web2", "b", "mem{host:web1}", "0.95 G")
	f(cpu("-o", "svg", "--title", "CPU of two hosts", "--unit", "%"), "CPU of two hosts", "4 %", "10 %", "web1")
	f(cpu("-o", "svg", "--unit", "{core}"), "fetch('cpu')", "cpu in core", "4")
}

func TestParquet_KeepsZoneAndMetadata(t *testing.T) {
	store(t)
	read := func(args ...string) (apache.Table, *apache.Schema) {
		t.Helper()
		rows, err := pqarrow.ReadTable(t.Context(), strings.NewReader(succeed(t, args...)), nil, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(rows.Release)
		return rows, rows.Schema()
	}
	rows, schema := read(cpu("-o", "parquet")...)
	if rows.NumRows() != 5 || rows.NumCols() != 3 || schema.Field(2).Name != "cpu{host:web2}" {
		t.Fatalf("%v", rows)
	}
	if host, _ := schema.Field(2).Metadata.GetValue("tag.host"); host != "web2" || schema.Field(0).Type.String() != "timestamp[ms, tz=UTC]" {
		t.Errorf("host %s, %v", host, schema)
	}
	web2 := rows.Column(2).Data().Chunk(0).(*array.Float64)
	if !web2.IsNull(2) || web2.Value(3) != 1.5 {
		t.Errorf("%v", web2)
	}
	rows, schema = read(cpu("-o", "parquet", "--long")...)
	if rows.NumRows() != 9 || schema.Field(0).Name != "metric" || schema.Field(1).Name != "host" || schema.Field(3).Name != "value" {
		t.Errorf("%v", schema)
	}
}

func TestFile_TakesTheFormatOfItsExtension(t *testing.T) {
	store(t)
	dir := t.TempDir()
	for _, name := range []string{"x.csv", "x.json", "x.SVG", "x.arrow", "x.Png", "x.txt", "x.jsonl", "x.parquet"} {
		file := filepath.Join(dir, name)
		if got := succeed(t, cpu("-f", file)...); got != "" {
			t.Errorf("%s: stdout has %q", name, got)
		}
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		format := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
		if format == "txt" {
			format = "table"
		}
		if want := succeed(t, cpu("-o", format)...); !bytes.Equal(written, []byte(want)) {
			t.Errorf("%s: %d bytes are not what stdout gets, %d bytes", name, len(written), len(want))
		}
	}
	fail(t, cli.Failed, "no such file or directory", cpu("-f", filepath.Join(dir, "none", "x.csv"))...)
}

// If the answer is incomplete, an older file stays.
func TestFile_IsWrittenCompletelyOrNotAtAll(t *testing.T) {
	store(t)
	dir := t.TempDir()
	kept := filepath.Join(dir, "x.jsonl")
	succeed(t, cpu("-f", kept)...)
	before, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	fail(t, cli.Failed, "400", ask("fetch(", "-f", kept)...)
	prometheus(t, http.StatusOK, matrix[:len(matrix)-30]) // breaks off after a series
	if out := execute(t, ask("x", "--promql", "-o", "jsonl")...); out.code != cli.Failed || !strings.HasPrefix(out.stdout, `{"metric":"","tags":{"route":"/a"}`) {
		t.Errorf("%+v", out)
	}
	fail(t, cli.Failed, "unexpected EOF", ask("x", "--promql", "-f", kept)...)
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	if after, err := os.ReadFile(kept); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
}
