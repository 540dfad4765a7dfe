// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Stream reads an answer piece by piece, so that an answer of any size takes little memory:
//
//	stream := client.StreamRange(ctx, "requests", start, end, time.Second)
//	for piece, err := range stream.Pieces() {
//		if err != nil {
//			return err
//		}
//		write(piece.Metric, piece.Tags, piece.Timestamps, piece.Values)
//	}
//	report(stream.Warnings)
//
// A Stream is for one goroutine.
type Stream struct {
	// Notes belong to the last iteration over Pieces, and are complete after its end.
	Notes
	ask func(each eachSeries) (Notes, error)
}

// Piece is a series, or a part of one.
type Piece struct {
	// Output is the ID of the output. It is empty if the answer sends the ID after the series.
	Output string
	// Series contains at most 8,192 points, unless the answer sends the points before metric
	// or tags. The caller may keep it.
	Series
}

// StreamQuery is [Client.Query] for answers that are too large for memory. The pieces of one
// series follow each other.
func (c *Client) StreamQuery(ctx context.Context, q string, start, end time.Time) *Stream {
	return &Stream{ask: func(each eachSeries) (Notes, error) {
		_, err := c.native(ctx, q, start, end, each)
		if err != nil {
			err = failed("query", err)
		}
		return Notes{}, err
	}}
}

// StreamRange is [Client.QueryRange] for answers that are too large for memory. It asks for
// ranges of more than 11,000 points in parts: each part gives further pieces of
// each series, in the order of time.
func (c *Client) StreamRange(ctx context.Context, promql string, start, end time.Time, step time.Duration) *Stream {
	return &Stream{ask: func(each eachSeries) (Notes, error) {
		notes, err := c.streamRange(ctx, promql, start, end, step, each)
		if err != nil {
			err = failed("query range", err)
		}
		return notes, err
	}}
}

func (c *Client) streamRange(ctx context.Context, promql string, start, end time.Time, step time.Duration, each eachSeries) (Notes, error) {
	g, err := c.grid(promql, start, end, step)
	if err != nil {
		return Notes{}, err
	}
	var all noted
	left := c.maxBytes
	for part := range g.parts() {
		m, n, err := c.span(ctx, promql, part, g.step, left, each)
		if err != nil {
			return all.Notes, err
		}
		all.note(m.Notes)
		left -= n
	}
	return all.Notes, nil
}

// errStopped ends the reading of an answer after the caller has left the loop.
var errStopped = errors.New("no more pieces are wanted")

// Pieces asks the query, and returns an iterator over the answer. An error ends it; pieces
// before it stand. Each use asks again.
//
// WithTimeout bounds one request from its start to the end of its answer, with the time that
// the loop takes for the pieces. WithMaxResponseBytes bounds the answer as that of other
// queries: for an answer of more than 256 MiB it must be raised.
func (s *Stream) Pieces() iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		stopped := false
		notes, err := s.ask(func(output string, series Series) error {
			if stopped = !yield(Piece{Output: output, Series: series}, nil); stopped {
				return errStopped
			}
			return nil
		})
		s.Notes = notes
		if err != nil && !stopped {
			yield(Piece{}, err)
		}
	}
}
