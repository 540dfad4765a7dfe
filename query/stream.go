// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Stream returns an answer piece by piece, so that an answer of any size takes little memory:
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
// A Stream must be used by one goroutine at a time.
type Stream struct {
	// Notes are the warnings of the last iteration over [Stream.Pieces]. They are set when the
	// iteration ends.
	Notes
	ask func(each eachSeries) (Notes, error)
}

// Piece is a series or a part of a series.
type Piece struct {
	// Output is the ID of the output. It is empty if the ID follows the series in the answer.
	Output string
	// Series contains at most 8,192 points, or all points of the series if they precede the
	// metric or the tags in the answer. The caller may keep it.
	Series
}

// StreamQuery is like [Client.Query], for answers that are too large for memory. The pieces of
// a series are consecutive.
func (c *Client) StreamQuery(ctx context.Context, q string, start, end time.Time) *Stream {
	return &Stream{ask: func(each eachSeries) (Notes, error) {
		_, err := c.native(ctx, q, start, end, each)
		if err != nil {
			err = failed("query", err)
		}
		return Notes{}, err
	}}
}

// StreamRange is like [Client.QueryRange], for answers that are too large for memory. If a range
// of more than 11,000 points is split into several requests, each request returns pieces of all
// series. The pieces of a series are in the order of time.
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

// errStopped ends the decoding of an answer when the caller leaves the loop.
var errStopped = errors.New("no more pieces are wanted")

// Pieces returns an iterator over the answer. The query is sent when the iteration begins, and
// again for each further iteration. An error ends the iteration; the pieces before it are valid.
//
// The timeout of a request ([WithTimeout]) includes the time that the loop takes for the
// pieces. An answer of more than 256 MiB requires [WithMaxResponseBytes].
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
