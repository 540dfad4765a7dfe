// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	apache "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

func longForm() *query.Long {
	return query.Output{Series: []query.Series{
		{
			Metric: "cpu", Tags: map[string]string{"host": "web1", "time": "ä"},
			Timestamps: []int64{1700000000_000, 1700000060_123}, Values: []float64{1.5, math.Inf(1)},
		},
		{Metric: "mem", Tags: map[string]string{"host": ""}, Timestamps: []int64{1700000060_123}, Values: []float64{-2}},
		{Metric: "none"},
		{Metric: "mem", Timestamps: []int64{1700000000_000}, Values: []float64{7}},
	}}.Long()
}

// rowsOf returns the rows of a record in Arrow's JSON, which has no infinities.
func rowsOf(t *testing.T, r apache.RecordBatch) []map[string]any {
	t.Helper()
	text, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rows
}

func longRecord(t *testing.T, l *query.Long) apache.RecordBatch {
	t.Helper()
	r, err := arrow.LongRecord(l, arrow.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

func TestLongRecord_HasARowForEachPoint(t *testing.T) {
	t.Parallel()
	l := longForm()
	l.Series[0].Values[1] = 3 // a number that JSON can represent
	r := longRecord(t, l)
	var fields []string
	for _, f := range r.Schema().Fields() {
		text := f.Name + " " + f.Type.String()
		if f.Nullable {
			text += " nullable"
		}
		fields = append(fields, text)
	}
	const texts = " dictionary<values=utf8, indices=int32, ordered=false>"
	diff(t, []string{"metric" + texts, "host" + texts + " nullable", "tag.time" + texts + " nullable", "time timestamp[ms, tz=UTC]", "value float64"}, fields)
	diff(t, []map[string]any{
		{"metric": "cpu", "host": "web1", "tag.time": "ä", "time": "2023-11-14T22:13:20Z", "value": 1.5},
		{"metric": "cpu", "host": "web1", "tag.time": "ä", "time": "2023-11-14T22:14:20.123Z", "value": 3.0},
		{"metric": "mem", "host": "", "tag.time": nil, "time": "2023-11-14T22:14:20.123Z", "value": -2.0},
		{"metric": "mem", "host": nil, "tag.time": nil, "time": "2023-11-14T22:13:20Z", "value": 7.0},
	}, rowsOf(t, r))
	if r := longRecord(t, query.Output{}.Long()); r.NumRows() != 0 || r.NumCols() != 3 {
		t.Errorf("of nothing: %d rows, %d columns", r.NumRows(), r.NumCols())
	}
}

func TestLongRecord_KeepsNaNAndInfinities(t *testing.T) {
	t.Parallel()
	l := query.Output{Series: []query.Series{{Metric: "m", Timestamps: []int64{1, 2, 3}, Values: []float64{nan, math.Inf(1), math.Inf(-1)}}}}.Long()
	r := longRecord(t, l)
	if column := r.Column(2); column.String() != "[NaN +Inf -Inf]" || column.NullN() != 0 {
		t.Errorf("values %v", column)
	}
}

func TestLongRecord_HasTheTimeZone(t *testing.T) {
	t.Parallel()
	r := longRecord(t, longForm().In(time.FixedZone("", 5*3600+1800)))
	if got := r.Schema().Field(3).Type.String(); got != "timestamp[ms, tz=+05:30]" {
		t.Error(got)
	}
}

func TestLongRecord_IsReadBackFromFiles(t *testing.T) {
	t.Parallel()
	l := longForm()
	l.Series[0].Values[1] = 3
	r := longRecord(t, l)
	want := rowsOf(t, r)

	var b bytes.Buffer
	w, err := ipc.NewFileWriter(&b, ipc.WithSchema(r.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := ipc.NewFileReader(bytes.NewReader(b.Bytes()), ipc.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	back, err := file.RecordBatch(0)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, want, rowsOf(t, back))

	b.Reset()
	p, err := pqarrow.NewFileWriter(r.Schema(), &b, parquet.NewWriterProperties(), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(r); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := pqarrow.ReadTable(t.Context(), bytes.NewReader(b.Bytes()), nil, pqarrow.ArrowReadProperties{}, checked(t))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	if table.NumRows() != 4 || table.Column(1).NullN() != 1 || table.Column(2).NullN() != 2 {
		t.Errorf("%v", table)
	}
	for i, f := range table.Schema().Fields() {
		if want := r.Schema().Field(i); f.Name != want.Name || !apache.TypeEqual(f.Type, want.Type) {
			t.Errorf("column %v, want %v", f, want)
		}
	}
}

func TestLongRecord_RefusesContradictorySeries(t *testing.T) {
	t.Parallel()
	for text, l := range map[string]*query.Long{
		"the long form is nil":                    nil,
		"series 0, m{}, has 2 values for 1 times": {Series: []query.Series{{Metric: "m", Timestamps: []int64{1}, Values: []float64{1, 2}}}},
	} {
		if _, err := arrow.LongRecord(l); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %s", err, text)
		}
	}
}
