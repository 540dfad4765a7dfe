// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow_test

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

// The result of a query is written to an Arrow file, and read back.
func ExampleRecord() {
	output := query.Output{Series: []query.Series{
		{
			Metric: "room.temperature", Tags: map[string]string{"room": "kitchen"},
			Timestamps: []int64{1767225600_000, 1767225660_000}, Values: []float64{21.5, 21.25},
		},
		{
			Metric: "room.temperature", Tags: map[string]string{"room": "bath"},
			Timestamps: []int64{1767225660_000}, Values: []float64{23},
		},
	}}
	record, err := arrow.Record(output.Frame())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer record.Release()

	var file bytes.Buffer
	w, err := ipc.NewFileWriter(&file, ipc.WithSchema(record.Schema()))
	if err == nil {
		err = w.Write(record)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		fmt.Println(err)
		return
	}

	r, err := ipc.NewFileReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	back, err := r.RecordBatch(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, field := range back.Schema().Fields() {
		fmt.Println(field)
		fmt.Println("  values:", back.Column(i))
	}
	// Output:
	// time: type=timestamp[ms, tz=UTC]
	//   values: [1767225600000 1767225660000]
	// room.temperature{room:kitchen}: type=float64, nullable
	//                                 metadata: ["metric": "room.temperature", "tag.room": "kitchen"]
	//   values: [21.5 21.25]
	// room.temperature{room:bath}: type=float64, nullable
	//                              metadata: ["metric": "room.temperature", "tag.room": "bath"]
	//   values: [(null) 23]
}
