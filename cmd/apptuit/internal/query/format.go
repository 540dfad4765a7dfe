// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

// format is how an answer is shown.
type format string

const (
	formatTable format = "table"
	formatCSV   format = "csv"
	formatJSON  format = "json"
	formatArrow format = "arrow"
	formatPNG   format = "png"
	formatSVG   format = "svg"
)

func formats() []format {
	return []format{formatTable, formatCSV, formatJSON, formatArrow, formatPNG, formatSVG}
}

func names(all []format) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = string(f)
	}
	return names
}

func (f format) binary() bool { return f == formatArrow || f == formatPNG }

// render returns an answer in the command's format.
func (c *command) render(r *query.Result) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch c.format {
	case formatTable:
		c.writeTables(&b, r)
	case formatJSON:
		err = c.writeJSON(&b, r)
	case formatPNG, formatSVG:
		err = c.writePlot(&b, r)
	case formatCSV, formatArrow:
		var frame *query.Frame
		if frame, err = c.single(r); err != nil {
			break
		}
		if c.format == formatCSV {
			err = frame.WriteCSV(&b)
		} else {
			err = writeArrow(&b, frame)
		}
	}
	return b.Bytes(), err
}

func (c *command) frame(o query.Output) *query.Frame { return o.Frame().In(c.zone) }

// single returns the frame of the answer for formats that have room for one.
func (c *command) single(r *query.Result) (*query.Frame, error) {
	switch len(r.Outputs) {
	case 0:
		return &query.Frame{}, nil
	case 1:
		return c.frame(r.Outputs[0]), nil
	}
	return nil, fmt.Errorf("the answer has the outputs %s, and %s has room for one: choose it with --id", outputIDs(r), c.format)
}

// writeTables writes each output with its ID above it, if it has one.
func (c *command) writeTables(b *bytes.Buffer, r *query.Result) {
	for i, o := range r.Outputs {
		if i > 0 {
			b.WriteByte('\n')
		}
		if o.ID != "" {
			fmt.Fprintf(b, "%s:\n", o.ID)
		}
		b.WriteString(c.frame(o).String())
	}
}

// writeJSON writes {"outputs": [{"id", "frame"}], "warnings": []}.
func (c *command) writeJSON(b *bytes.Buffer, r *query.Result) error {
	type output struct {
		ID    string       `json:"id"`
		Frame *query.Frame `json:"frame"`
	}
	answer := struct {
		Outputs  []output `json:"outputs"`
		Warnings []string `json:"warnings"`
	}{make([]output, len(r.Outputs)), append([]string{}, r.Warnings...)}
	for i, o := range r.Outputs {
		answer.Outputs[i] = output{o.ID, c.frame(o)}
	}
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}

func writeArrow(b *bytes.Buffer, f *query.Frame) error {
	record, err := arrow.Record(f)
	if err != nil {
		return err
	}
	defer record.Release()
	w, err := ipc.NewFileWriter(b, ipc.WithSchema(record.Schema()))
	if err != nil {
		return err
	}
	if err := w.Write(record); err != nil {
		return err
	}
	return w.Close()
}
