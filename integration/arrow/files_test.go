// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	apache "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/apptuitai/apptuit-go/query"
)

// written returns a frame with gaps, equal names, and a time zone with a repeated hour, and the columns
// that must be read back.
func written(t *testing.T) (*query.Frame, read) {
	t.Helper()
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	const rows = 3000
	start := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	frame, want := &query.Frame{}, read{}
	for i := range rows {
		frame.Index = append(frame.Index, start.Add(time.Duration(i)*time.Minute+time.Duration(i%7)*time.Millisecond))
		want.Time = append(want.Time, frame.Index[i].In(zurich))
	}
	for i, c := range []struct {
		name string
		tags map[string]string
	}{{"requests{route:/cart}", map[string]string{"route": "/cart"}}, {"requests{route:/cart}", map[string]string{"route": "/cart"}}, {"requests{}", nil}} {
		metadata := map[string]string{"metric": "requests"}
		for k, v := range c.tags {
			metadata["tag."+k] = v
		}
		q := query.Column{Name: c.name, Metric: "requests", Tags: c.tags}
		w := column{Name: []string{"requests{route:/cart}", "requests{route:/cart}#2", "requests{}"}[i], Metadata: metadata}
		for range rows {
			switch v := random.NormFloat64() * 1e9; random.IntN(8) {
			case 0:
				q.Values, w.Values = append(q.Values, nan), append(w.Values, nil)
			case 1:
				q.Values, w.Values = append(q.Values, math.Inf(1)), append(w.Values, math.Inf(1))
			default:
				q.Values, w.Values = append(q.Values, v), append(w.Values, v)
			}
		}
		frame.Columns, want.Columns = append(frame.Columns, q), append(want.Columns, w)
	}
	return frame.In(zurich), want
}

// inZone compares times including the names of their zones, unlike cmp.
func inZone(t *testing.T, want string, r read) {
	t.Helper()
	for _, at := range r.Time {
		if got := at.Location().String(); got != want {
			t.Fatalf("time zone %s, want %s", got, want)
		}
	}
}

func TestRecord_IsReadBackFromAnArrowFile(t *testing.T) {
	t.Parallel()
	frame, want := written(t)
	f := func(what string, frame *query.Frame, want read, opts ...ipc.Option) {
		t.Helper()
		r := record(t, frame)
		var b bytes.Buffer
		w, err := ipc.NewFileWriter(&b, append(opts, ipc.WithSchema(r.Schema()))...)
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
		if file.NumRecords() != 1 {
			t.Fatalf("%s: %d records", what, file.NumRecords())
		}
		back, err := file.RecordBatch(0)
		if err != nil {
			t.Fatal(err)
		}
		got := readRecord(t, back)
		diff(t, want, got)
		if len(want.Time) > 0 {
			inZone(t, "Europe/Zurich", got)
		}
	}
	f("plain", frame, want)
	f("compressed", frame, want, ipc.WithZstd())
	f("empty", &query.Frame{}, read{})
}

func TestRecord_IsReadBackFromAParquetFile(t *testing.T) {
	t.Parallel()
	frame, want := written(t)
	readBack := func(frame *query.Frame, opts ...pqarrow.WriterOption) read {
		t.Helper()
		r := record(t, frame)
		var b bytes.Buffer
		// There are several row groups, which the reader has to join.
		w, err := pqarrow.NewFileWriter(r.Schema(), &b, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(1000)),
			pqarrow.NewArrowWriterProperties(opts...))
		if err != nil {
			t.Fatal(err)
		}
		table := array.NewTableFromRecords(r.Schema(), []apache.RecordBatch{r})
		defer table.Release()
		if err := w.WriteTable(table, 1000); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		back, err := pqarrow.ReadTable(t.Context(), bytes.NewReader(b.Bytes()), nil, pqarrow.ArrowReadProperties{}, checked(t))
		if err != nil {
			t.Fatal(err)
		}
		defer back.Release()
		return readTable(t, back)
	}
	got := readBack(frame, pqarrow.WithStoreSchema())
	diff(t, want, got)
	inZone(t, "Europe/Zurich", got)

	diff(t, read{}, readBack(&query.Frame{}, pqarrow.WithStoreSchema()))

	// Without the stored schema, the values are the same; zone and metadata are missing.
	got = readBack(frame)
	inZone(t, "UTC", got)
	for i := range want.Columns {
		want.Columns[i].Metadata = map[string]string{}
	}
	diff(t, want, got)
}
