// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package arrow hands frames of package query to Apache Arrow, and through it
// to Parquet, DuckDB, Polars, pandas and whatever else reads Arrow.
//
//	record, err := arrow.Record(output.Frame())
//	if err != nil {
//		return err
//	}
//	defer record.Release()
//	w, err := ipc.NewFileWriter(file, ipc.WithSchema(record.Schema()))
//
// What goes in: a [query.Frame]. What comes out: a record batch of arrow-go
// that has copied all values:
//
//	time                  timestamp[ms, tz=…], not nullable: the index
//	metric{k:v, k2:v2}    float64, nullable: a column each, in the frame's order
//
// NaN is how a frame says that a series has no value at a time: it becomes null,
// also where the server has sent a NaN as a value, which a frame cannot tell
// apart. Infinities stay what they are.
//
// The metadata of a column's field have its metric as "metric" and each tag
// under its key after "tag.", as "tag.host": nobody has to parse names. Names
// are unique, because most readers of Parquet and most data frames want them to
// be: of a name that is taken the next column is name#2, then name#3, and so on.
//
// The time zone is that of the index's first time: a name of the IANA database,
// or an offset as "+05:30" if it has no such name ([time.Local] has none) and
// one offset holds for the whole index, or else UTC. Instants are the same in
// each. Times are rounded down to milliseconds, which those of a query have.
//
// In Parquet, time zone and metadata are kept by pqarrow.WithStoreSchema alone.
//
// [LongRecord] takes a [query.Long] instead: each point is a row.
//
//	metric     dictionary of strings
//	KEY …      dictionary of strings, nullable: a column for each tag key; tag.KEY if
//	           another column has the name
//	time       timestamp[ms, tz=…]
//	value      float64
//
// A long form contains no missing values: NaN was sent by the server, and stays NaN. A tag
// that a series lacks is null.
//
// The functions return an error for data that contradict themselves: a column of a frame
// that is not as long as the index, or a series with unequal numbers of times and values.
package arrow
