// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow

import (
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/apptuitai/apptuit-go/query"
)

// LongRecord returns series in long form as a record batch: a row for each point, with the columns of
// [query.Long.Header]; see the package comment. The caller must release the record. The record does not
// refer to the series.
func LongRecord(l *query.Long, opts ...Option) (arrow.RecordBatch, error) {
	if err := checkLong(l); err != nil {
		return nil, err
	}
	c := newConfig(opts)
	b := array.NewRecordBuilder(c.allocator, longSchema(l))
	defer b.Release()
	b.Reserve(l.Len())
	last := len(l.TagKeys) + 2
	metrics, times, values := b.Field(0).(*array.BinaryDictionaryBuilder), b.Field(last-1).(*array.TimestampBuilder), b.Field(last).(*array.Float64Builder)
	for row := range l.Rows() {
		if err := metrics.AppendString(row.Metric); err != nil {
			return nil, fmt.Errorf("arrow: %w", err)
		}
		for i, key := range l.TagKeys {
			tags := b.Field(i + 1).(*array.BinaryDictionaryBuilder)
			value, ok := row.Tags[key]
			if !ok {
				tags.AppendNull()
			} else if err := tags.AppendString(value); err != nil {
				return nil, fmt.Errorf("arrow: %w", err)
			}
		}
		times.UnsafeAppend(arrow.Timestamp(row.Time.UnixMilli()))
		values.UnsafeAppend(row.Value)
	}
	return b.NewRecordBatch(), nil
}

// longSchema returns the schema of a long form. Strings are in dictionaries, since they repeat from row to
// row.
func longSchema(l *query.Long) *arrow.Schema {
	texts := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	var times []time.Time
	if l.Location() != time.UTC {
		for row := range l.Rows() {
			times = append(times, row.Time)
		}
	}
	header := l.Header()
	fields := make([]arrow.Field, len(header))
	for i, name := range header {
		fields[i] = arrow.Field{Name: name, Type: texts, Nullable: i > 0}
	}
	fields[len(fields)-2] = arrow.Field{Name: TimeColumn, Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone(times)}}
	fields[len(fields)-1] = arrow.Field{Name: "value", Type: arrow.PrimitiveTypes.Float64}
	return arrow.NewSchema(fields, nil)
}

// checkLong returns an error for contradictory series, which package query does not return.
func checkLong(l *query.Long) error {
	if l == nil {
		return errors.New("arrow: the long form is nil")
	}
	var faults []error
	for i := range l.Series {
		if s := &l.Series[i]; len(s.Timestamps) != len(s.Values) {
			faults = append(faults, fmt.Errorf("arrow: series %d, %s, has %d values for %d times", i, s.Name(), len(s.Values), len(s.Timestamps)))
		}
	}
	return errors.Join(faults...)
}
