// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow_test

import (
	"math"
	"testing"
	"time"

	apache "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

var nan = math.NaN()

// checked returns an allocator that fails the test if memory is not released.
func checked(t *testing.T) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// record returns the record of a frame. The test releases it at its end.
func record(t *testing.T, f *query.Frame) apache.RecordBatch {
	t.Helper()
	r, err := arrow.Record(f, arrow.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Release)
	return r
}

// column is a column that was read back.
type column struct {
	Name     string
	Metadata map[string]string
	Values   []any // of float64, and nil for null
}

// read is the content of a record or table.
type read struct {
	Time    []time.Time
	Columns []column
}

// readTable reads a table with arrow-go's accessors.
func readTable(t *testing.T, table apache.Table) read {
	t.Helper()
	var r read
	for i := range int(table.NumCols()) {
		field, chunks := table.Schema().Field(i), table.Column(i).Data().Chunks()
		if i == 0 {
			if field.Name != "time" || field.Nullable {
				t.Errorf("first field: %v", field)
			}
			for _, chunk := range chunks {
				r.Time = append(r.Time, times(t, chunk.(*array.Timestamp))...)
			}
			continue
		}
		if !field.Nullable {
			t.Errorf("field %v is not nullable", field)
		}
		c := column{Name: field.Name, Metadata: field.Metadata.ToMap()}
		delete(c.Metadata, "PARQUET:field_id") // added by Parquet
		for _, chunk := range chunks {
			c.Values = append(c.Values, values(chunk.(*array.Float64))...)
		}
		r.Columns = append(r.Columns, c)
	}
	return r
}

func times(t *testing.T, a *array.Timestamp) []time.Time {
	t.Helper()
	toTime, err := a.DataType().(*apache.TimestampType).GetToTimeFunc()
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Time
	for i := range a.Len() {
		if a.IsNull(i) {
			t.Errorf("time %d is null", i)
		}
		out = append(out, toTime(a.Value(i)))
	}
	return out
}

func values(a *array.Float64) []any {
	var out []any
	for i := range a.Len() {
		if a.IsNull(i) {
			out = append(out, nil)
		} else {
			out = append(out, a.Value(i))
		}
	}
	return out
}

func readRecord(t *testing.T, r apache.RecordBatch) read {
	t.Helper()
	table := array.NewTableFromRecords(r.Schema(), []apache.RecordBatch{r})
	defer table.Release()
	return readTable(t, table)
}

func diff(t *testing.T, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
