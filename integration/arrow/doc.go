// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package arrow converts the results of package query to Apache Arrow, for Parquet, DuckDB, Polars,
// pandas and other programs that read Arrow.
//
//	record, err := arrow.Record(output.Frame())
//	if err != nil {
//		return err
//	}
//	defer record.Release()
//	w, err := ipc.NewFileWriter(file, ipc.WithSchema(record.Schema()))
//
// [Record] converts a [query.Frame] to a record batch of arrow-go, with a copy of all values:
//
//	time                  timestamp[ms, tz=…], not nullable: the index
//	metric{k:v, k2:v2}    float64, nullable: one column for each series, in the frame's order
//
// NaN becomes null, since in a frame NaN means that a series has no value at a time. A frame does not
// distinguish a missing value from a NaN of the server. Infinities are unchanged.
//
// The metadata of a field have the metric under the key "metric", and each tag under "tag." and its key, for
// example "tag.host", so that programs need not parse names. Names are unique, because most readers of
// Parquet and most data frames require it: the second column with a name gets the name name#2, the third
// name#3, and so on.
//
// The time zone is the zone of the index's first time: its name in the IANA database, or an offset such as
// "+05:30" if the zone has no such name ([time.Local] has none) and one offset applies to the whole index,
// or otherwise UTC. The instants are the same in all zones. Times are rounded down to milliseconds, the
// resolution of a query.
//
// A Parquet file keeps time zone and metadata only with pqarrow.WithStoreSchema.
//
// [LongRecord] converts a [query.Long]. Each point is a row:
//
//	metric     dictionary of strings
//	KEY …      dictionary of strings, nullable: a column for each tag key; tag.KEY if
//	           another column has the name
//	time       timestamp[ms, tz=…]
//	value      float64
//
// A long form has no missing values: a NaN was sent by the server, and stays NaN. A tag that a series does
// not have is null.
//
// The functions return an error for contradictory data: a column of a frame whose length differs from the
// index, or a series with different numbers of times and values.
package arrow
