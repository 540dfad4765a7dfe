// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/query"
)

// maxStream is the limit of an answer that is not kept in memory: no limit.
const maxStream = math.MaxInt64

// streams reports whether the answer is written as it arrives, a row for each point.
func (c *command) streams() bool {
	return !c.instant && (c.format == formatJSONL || c.format == formatCSV && c.long)
}

// stream writes the answer while it arrives. The server sends its remarks at the end.
func (r *run) stream(ctx context.Context, w io.Writer) error {
	var all query.Notes
	pieces := r.pieces(ctx, &all)
	var err error
	if r.format == formatJSONL {
		err = r.writeJSONL(w, pieces)
	} else {
		err = r.writeLongCSV(w, pieces)
	}
	if err == nil {
		say(r.cmd, all)
	}
	return err
}

// pieces returns the pieces of the answers to all queries, limited to the output of --id.
func (r *run) pieces(ctx context.Context, all *query.Notes) iter.Seq2[query.Piece, error] {
	return func(yield func(query.Piece, error) bool) {
		points := 0
		for i, q := range r.queries {
			r.waiting(i)
			seen, found := []string{}, points
			stream := r.open(ctx, q)
			for piece, err := range stream.Pieces() {
				if err != nil {
					yield(query.Piece{}, r.failed(ctx, q, err))
					return
				}
				if !slices.Contains(seen, piece.Output) {
					seen = append(seen, piece.Output)
				}
				if r.outputID != "" && piece.Output != r.outputID {
					continue
				}
				points += piece.Len()
				r.progress.Set("%s", amount.Of(points, "point"))
				piece.Series = r.tagged(piece.Series, q)
				if !yield(piece, nil) {
					return
				}
			}
			gather(all, stream.Notes)
			if r.outputID != "" && !slices.Contains(seen, r.outputID) {
				yield(query.Piece{}, r.failed(ctx, q, noOutput(r.outputID, seen)))
				return
			}
			if points == found {
				r.nothing(ctx, q)
			}
		}
	}
}

func (r *run) open(ctx context.Context, q string) *query.Stream {
	if r.promql {
		return r.client.StreamRange(ctx, q, r.start, r.until(), r.step)
	}
	return r.client.StreamQuery(ctx, q, r.start, r.end)
}

// piecesOf returns the series of a result as pieces.
func piecesOf(result *query.Result) iter.Seq2[query.Piece, error] {
	return func(yield func(query.Piece, error) bool) {
		for _, o := range result.Outputs {
			for _, s := range o.Series {
				if !yield(query.Piece{Output: o.ID, Series: s}, nil) {
					return
				}
			}
		}
	}
}

// writeJSONL writes a JSON object on a line for each point, with metric, tags, time and value, and
// the ID of its output if there is one. Lines that were written before an error remain.
func (r *run) writeJSONL(w io.Writer, pieces iter.Seq2[query.Piece, error]) error {
	out := bufio.NewWriter(w)
	for piece, err := range pieces {
		if err == nil {
			err = r.writeLines(out, piece)
		}
		if err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	return out.Flush()
}

func (r *run) writeLines(out *bufio.Writer, piece query.Piece) error {
	head, err := json.Marshal(struct {
		Output string            `json:"output,omitempty"`
		Metric string            `json:"metric"`
		Tags   map[string]string `json:"tags"`
	}{piece.Output, piece.Metric, piece.Tags})
	if err != nil {
		return err
	}
	head = append(head[:len(head)-1], `,"time":`...)
	var line []byte
	for i := range piece.Len() {
		line = strconv.AppendQuote(append(line[:0], head...), piece.Time(i).In(r.zone).Format(time.RFC3339Nano))
		line = append(appendNumber(append(line, `,"value":`...), piece.Values[i]), "}\n"...)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// appendNumber appends a number in the form of [query.Long.MarshalJSON].
func appendNumber(b []byte, v float64) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, "null"...)
	case math.IsInf(v, 0):
		return strconv.AppendQuote(b, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// writeLongCSV writes a line for each point. The header has the keys of all tags, which are known only at
// the end of the answer. Until then a temporary file holds the pieces.
func (r *run) writeLongCSV(w io.Writer, pieces iter.Seq2[query.Piece, error]) error {
	store, err := os.CreateTemp("", "apptuit-query-*")
	if err != nil {
		return err
	}
	defer func() {
		_ = store.Close()
		_ = os.Remove(store.Name())
	}()
	keys, err := r.keep(store, pieces)
	if err != nil {
		return err
	}
	if _, err := store.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return r.copyCSV(w, store, keys)
}

// keep writes pieces to a file, and returns the keys of their tags.
func (r *run) keep(store io.Writer, pieces iter.Seq2[query.Piece, error]) ([]string, error) {
	buffer := bufio.NewWriter(store)
	encoder := gob.NewEncoder(buffer)
	keys, outputs := map[string]bool{}, map[string]bool{}
	for piece, err := range pieces {
		if err != nil {
			return nil, err
		}
		outputs[piece.Output] = true
		if len(outputs) > 1 && len(r.queries) == 1 {
			return nil, severalOutputs(slices.Sorted(maps.Keys(outputs)), r.format)
		}
		for k := range piece.Tags {
			keys[k] = true
		}
		if err := encoder.Encode(piece.Series); err != nil {
			return nil, err
		}
	}
	return slices.Sorted(maps.Keys(keys)), buffer.Flush()
}

// copyCSV writes the pieces of a file as CSV, in the form of [query.Long.WriteCSV].
func (r *run) copyCSV(w io.Writer, store io.Reader, keys []string) error {
	out := csv.NewWriter(w)
	if err := out.Write(query.Long{TagKeys: keys}.Header()); err != nil {
		return err
	}
	record := make([]string, len(keys)+3)
	for decoder := gob.NewDecoder(bufio.NewReader(store)); ; {
		var s query.Series
		if err := decoder.Decode(&s); errors.Is(err, io.EOF) {
			out.Flush()
			return out.Error()
		} else if err != nil {
			return err
		}
		record[0] = s.Metric
		for i, k := range keys {
			record[i+1] = s.Tags[k]
		}
		for i, v := range s.Values {
			record[len(keys)+1] = s.Time(i).In(r.zone).Format(time.RFC3339Nano)
			record[len(keys)+2] = strconv.FormatFloat(v, 'g', -1, 64)
			if err := out.Write(record); err != nil {
				return err
			}
		}
	}
}
