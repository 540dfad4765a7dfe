// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow

import (
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/apptuitai/apptuit-go/query"
)

// Record returns a frame as a record batch: a column of times, then a column of numbers for each column of
// the frame; see the package comment. The caller must release the record. The record does not refer to the
// frame.
func Record(f *query.Frame, opts ...Option) (arrow.RecordBatch, error) {
	if err := check(f); err != nil {
		return nil, err
	}
	c := newConfig(opts)
	b := array.NewRecordBuilder(c.allocator, schema(f))
	defer b.Release()
	b.Reserve(len(f.Index))
	times := b.Field(0).(*array.TimestampBuilder)
	for _, t := range f.Index {
		times.UnsafeAppend(arrow.Timestamp(t.UnixMilli()))
	}
	for i := range f.Columns {
		values := b.Field(i + 1).(*array.Float64Builder)
		for _, v := range f.Columns[i].Values {
			if math.IsNaN(v) {
				values.AppendNull()
			} else {
				values.UnsafeAppend(v)
			}
		}
	}
	return b.NewRecordBatch(), nil
}

// check returns an error for a contradictory frame, which package query does not return.
func check(f *query.Frame) error {
	if f == nil {
		return errors.New("arrow: the frame is nil")
	}
	var faults []error
	for i := range f.Columns {
		if c := &f.Columns[i]; len(c.Values) != len(f.Index) {
			faults = append(faults, fmt.Errorf("arrow: column %d, %s, has %d values for %d times", i, c.Name, len(c.Values), len(f.Index)))
		}
	}
	return errors.Join(faults...)
}
