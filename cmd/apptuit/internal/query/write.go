// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/json"
	"fmt"
	"io"

	apache "github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/table"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/textchart"
	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

// write writes an answer in the command's format.
func (r *run) write(w io.Writer, result *query.Result) error {
	switch r.format {
	case formatChart, formatTable:
		return r.writeTables(w, result)
	case formatCSV:
		if r.long {
			return r.writeLongCSV(w, piecesOf(result))
		}
		return r.frame(single(result)).WriteCSV(w)
	case formatJSON:
		return r.writeJSON(w, result)
	case formatJSONL:
		return r.writeJSONL(w, piecesOf(result))
	case formatArrow, formatParquet:
		return r.writeColumns(w, single(result))
	case formatPNG, formatSVG:
		return r.writePlot(w, result)
	}
	return fmt.Errorf("format %q", r.format)
}

func (c *command) frame(o query.Output) *query.Frame { return o.Frame().In(c.zone) }

// single returns the output of an answer with at most one output.
func single(r *query.Result) query.Output {
	if len(r.Outputs) == 0 {
		return query.Output{}
	}
	return r.Outputs[0]
}

// writeTables writes each output with its ID above it, if it has one.
func (r *run) writeTables(w io.Writer, result *query.Result) error {
	for i, o := range result.Outputs {
		heading := ""
		if i > 0 {
			heading = "\n"
		}
		if o.ID != "" {
			heading += r.colors.Bold(label.Clean(o.ID)) + ":\n"
		}
		if _, err := io.WriteString(w, heading); err != nil {
			return err
		}
		if err := r.writeTable(w, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) writeTable(w io.Writer, o query.Output) error {
	style := table.Style{Width: r.columns, Raw: r.raw, Colors: r.colors}
	if r.long {
		return table.Long(w, style, o.Long().In(r.zone))
	}
	f := r.frame(o)
	if r.format == formatChart {
		drawing := textchart.Chart{Frame: f, From: r.start.In(r.zone), To: r.until().In(r.zone), Width: r.columns, Colors: r.colors}
		if err := drawing.Write(w); err != nil {
			return err
		}
		style.Rows = rowsBelowChart
	}
	return table.Frame(w, style, f)
}

// rowsBelowChart is the number of times in a table below a chart.
const rowsBelowChart = 10

// writeJSON writes {"outputs": [{"id", "frame" or "rows"}], "partial", "warnings", "infos"}.
func (r *run) writeJSON(w io.Writer, result *query.Result) error {
	type output struct {
		ID    string       `json:"id"`
		Frame *query.Frame `json:"frame,omitempty"`
		Rows  *query.Long  `json:"rows,omitempty"`
	}
	answer := struct {
		Outputs []output `json:"outputs"`
		notes
	}{make([]output, len(result.Outputs)), notesOf(result.Notes)}
	for i, o := range result.Outputs {
		answer.Outputs[i] = output{ID: o.ID}
		if r.long {
			answer.Outputs[i].Rows = o.Long().In(r.zone)
		} else {
			answer.Outputs[i].Frame = r.frame(o)
		}
	}
	return encode(w, answer)
}

// encode writes a value as JSON on one line.
func encode(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// writeColumns writes an output as an Arrow or a Parquet file.
func (r *run) writeColumns(w io.Writer, o query.Output) error {
	record, err := r.record(o)
	if err != nil {
		return err
	}
	defer record.Release()
	if r.format == formatParquet {
		return writeParquet(w, record)
	}
	file, err := ipc.NewFileWriter(w, ipc.WithSchema(record.Schema()))
	if err != nil {
		return err
	}
	if err := file.Write(record); err != nil {
		return err
	}
	return file.Close()
}

func (r *run) record(o query.Output) (apache.RecordBatch, error) {
	if r.long {
		return arrow.LongRecord(o.Long().In(r.zone))
	}
	return arrow.Record(r.frame(o))
}

// writeParquet writes a record with its time zone and metadata, which readers of Arrow find.
func writeParquet(w io.Writer, record apache.RecordBatch) error {
	rows := array.NewTableFromRecords(record.Schema(), []apache.RecordBatch{record})
	defer rows.Release()
	const rowGroup = 1 << 20 // rows, as parquet-go's default
	return pqarrow.WriteTable(rows, struct{ io.Writer }{w}, rowGroup,
		parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
}
