// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow

import (
	"maps"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/apptuitai/apptuit-go/query"
)

// Names in the schema of a record.
const (
	// TimeColumn is the name of the first column.
	TimeColumn = "time"
	// MetricKey is the key of the metric in the metadata of a column.
	MetricKey = "metric"
	// TagPrefix is the prefix of the keys of tags in the metadata of a column.
	TagPrefix = "tag."
)

func schema(f *query.Frame) *arrow.Schema {
	fields := make([]arrow.Field, 0, len(f.Columns)+1)
	fields = append(fields, arrow.Field{Name: TimeColumn, Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone(f.Index)}})
	taken := names{TimeColumn: 1}
	for i := range f.Columns {
		c := &f.Columns[i]
		fields = append(fields, arrow.Field{
			Name: taken.unique(c.Name), Type: arrow.PrimitiveTypes.Float64, Nullable: true, Metadata: metadata(c),
		})
	}
	return arrow.NewSchema(fields, nil)
}

func metadata(c *query.Column) arrow.Metadata {
	keys, values := []string{MetricKey}, []string{c.Metric}
	for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
		keys, values = append(keys, TagPrefix+k), append(values, c.Tags[k])
	}
	return arrow.NewMetadata(keys, values)
}

// names counts how often each name was requested.
type names map[string]int

// unique returns the name, or a variant of it that no column has yet.
func (n names) unique(name string) string {
	candidate := name
	for n[candidate] > 0 {
		n[name]++
		candidate = name + "#" + strconv.Itoa(n[name])
	}
	n[candidate]++
	return candidate
}
