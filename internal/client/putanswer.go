// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// putAnswer is OpenTSDB's answer to a put with details: how many points were stored,
// and which were not. The points are found while the answer is read, so that memory
// is bounded by the batch and not by the answer.
type putAnswer struct {
	begun                     bool // it has a count, or a list of errors
	success, failed, timeouts int64

	named     map[int]string // the reasons of points that were not stored, by the point's number
	transient map[int]bool   // those of them that may be stored later
	// transientReason is the reason of the transient point that comes first in the batch.
	transientReason string
	firstTransient  int

	points      *pointIndex // of the batch; made for the first point that is named
	reasonBytes int
}

const (
	// maxEntry bounds a single value of a put answer, in bytes: a point and its reason.
	maxEntry = 256 << 10
	// maxReason bounds what is kept of a reason, in bytes: an error shows less.
	maxReason = 512
	// maxReasons bounds what is kept of all reasons of an answer, in bytes. Further
	// points are counted, and named without a reason.
	maxReasons = 4 << 20
)

// maxPutAnswer bounds the put answer to a batch, in bytes: each point, its text twice
// as long by escapes, and a reason of 2 KiB.
func maxPutAnswer(b *put.Batch) int64 { return 2*b.RawSize() + 2<<10*int64(b.Points()) + 1<<20 }

// maxEntries bounds the points that a put answer names. OpenTSDB can name a point twice: its
// storage may fail after the time for the answer is over.
func maxEntries(b *put.Batch) int { return 2*b.Points() + 16 }

var (
	errAnswerTooLong  = errors.New("the answer is too long")
	errNotAPutAnswer  = errors.New("not a put answer")
	errEntryTooLarge  = errors.New("a value of the answer is too long")
	errTooManyNames   = errors.New("more points are named than were sent")
	errAfterPutAnswer = errors.New("more than a put answer")
)

// countingReader bounds an answer and each value in it, and remembers the error of
// the connection.
type countingReader struct {
	r     io.Reader
	left  int64 // of the answer
	entry int64 // of the value that is being read
	err   error // other than the end
}

func (r *countingReader) Read(p []byte) (int, error) {
	switch {
	case r.left <= 0:
		return 0, errAnswerTooLong
	case r.entry <= 0:
		return 0, errEntryTooLarge
	}
	n, err := r.r.Read(p[:min(int64(len(p)), r.left, r.entry)])
	r.left -= int64(n)
	r.entry -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// putAnswerReader reads a put answer value by value.
type putAnswerReader struct {
	ctx  context.Context //nolint:containedctx // of the one call that the reader lives for
	body *countingReader
	json *json.Decoder
	b    *put.Batch
	a    *putAnswer
}

// readPutAnswer reads a put answer about a batch. It ends with ctx: an answer can name
// as many points as were sent, which takes some microseconds each.
func readPutAnswer(ctx context.Context, body *countingReader, b *put.Batch) (*putAnswer, error) {
	r := &putAnswerReader{ctx: ctx, body: body, json: json.NewDecoder(body), b: b, a: &putAnswer{named: map[int]string{}}}
	err := r.object()
	if err == nil {
		err = r.next()
	}
	if err != nil {
		return r.a, err
	}
	if _, err := r.json.Token(); !errors.Is(err, io.EOF) {
		return r.a, errAfterPutAnswer
	}
	return r.a, nil
}

// next lets another value begin.
func (r *putAnswerReader) next() error {
	r.body.entry = maxEntry
	return r.ctx.Err()
}

// value reads a value into v. A value of another kind leaves v as it is.
func (r *putAnswerReader) value(v any) error {
	if err := r.next(); err != nil {
		return err
	}
	err := r.json.Decode(v)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return nil
	}
	return err
}

// delimiter reads a token and reports whether it is this one.
func (r *putAnswerReader) delimiter(want json.Delim) (bool, error) {
	if err := r.next(); err != nil {
		return false, err
	}
	token, err := r.json.Token()
	return token == want, err
}

func (r *putAnswerReader) object() error {
	if ok, err := r.delimiter('{'); err != nil || !ok {
		return errors.Join(errNotAPutAnswer, err)
	}
	var success, failed, timeouts json.RawMessage
	for r.json.More() {
		if err := r.next(); err != nil {
			return err
		}
		key, err := r.json.Token()
		if err != nil {
			return err
		}
		switch key {
		case "success", "failed", "timeouts":
			r.a.begun = true
		}
		switch key {
		case "success":
			err = r.value(&success)
		case "failed":
			err = r.value(&failed)
		case "timeouts":
			err = r.value(&timeouts)
		case "errors":
			err = r.errors()
		default:
			err = r.value(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	if _, err := r.delimiter('}'); err != nil {
		return err
	}
	if timeouts == nil {
		timeouts = json.RawMessage("0")
	}
	for _, count := range []struct {
		text json.RawMessage
		to   *int64
	}{{success, &r.a.success}, {failed, &r.a.failed}, {timeouts, &r.a.timeouts}} {
		n, err := strconv.ParseInt(string(count.text), 10, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) { // which makes it too large to add up
			return errNotAPutAnswer
		}
		*count.to = n
	}
	return nil
}

// errors reads the points that were not stored. Instead of a list there may be
// anything else, which names none.
func (r *putAnswerReader) errors() error {
	if err := r.next(); err != nil {
		return err
	}
	token, err := r.json.Token()
	switch {
	case err != nil:
		return err
	case token == json.Delim('{'):
		return r.skip()
	case token != json.Delim('['):
		return nil
	}
	for entries := 0; r.json.More(); entries++ {
		if entries > maxEntries(r.b) {
			return errTooManyNames
		}
		var e struct {
			Datapoint json.RawMessage `json:"datapoint"`
			Error     string          `json:"error"`
		}
		if err := r.value(&e); err != nil {
			r.a.begun = true // a list of points, which cannot be read
			return err
		}
		if err := r.name(e.Datapoint, e.Error); err != nil {
			return err
		}
	}
	_, err = r.delimiter(']')
	return err
}

// skip reads to the end of the object that has begun.
func (r *putAnswerReader) skip() error {
	for r.json.More() {
		if err := r.value(new(json.RawMessage)); err != nil {
			return err
		}
	}
	_, err := r.delimiter('}')
	return err
}

// name notes a point that was not stored. A point that is not of the batch, or has
// been named before, names nothing.
func (r *putAnswerReader) name(datapoint []byte, reason string) error {
	p, err := put.DecodePoint(datapoint)
	if err != nil {
		return nil //nolint:nilerr // the server names nothing that can be found
	}
	if r.a.points == nil {
		if r.a.points, err = indexPoints(r.ctx, r.b); err != nil {
			return err
		}
	}
	if i, ok := r.a.points.take(p); ok {
		r.a.note(i, reason)
	}
	return nil
}

func (a *putAnswer) note(i int, reason string) {
	passes := isTransient(reason)
	reason = strings.Clone(reason[:min(len(reason), maxReason)])
	if a.reasonBytes += len(reason); a.reasonBytes > maxReasons {
		reason = ""
	}
	a.named[i] = reason
	if !passes {
		return
	}
	if a.transient == nil {
		a.transient = map[int]bool{}
	}
	if len(a.transient) == 0 || i < a.firstTransient {
		a.firstTransient, a.transientReason = i, reason
	}
	a.transient[i] = true
}

// addsUp reports whether the counts are of n points. A server that fails in between
// may have stored any number of them.
func (a *putAnswer) addsUp(n int) bool {
	for _, count := range []int64{a.success, a.failed, a.timeouts} {
		if count < 0 || count > int64(n) { // so that the sum cannot overflow
			return false
		}
	}
	return a.success+a.failed+a.timeouts == int64(n)
}

// String gives the counts.
func (a *putAnswer) String() string {
	return fmt.Sprintf("%d stored, %d failed, %d timed out", a.success, a.failed, a.timeouts)
}

// isTransient reports whether OpenTSDB means an error of a single point as one
// that may pass.
func isTransient(reason string) bool {
	for _, text := range []string{"Please throttle", "Timeout exception", "Write timedout", "Storage exception"} {
		if strings.Contains(reason, text) {
			return true
		}
	}
	return false
}

// pointIndex finds the points of a batch by series, timestamp and value, in constant
// time, and each once.
type pointIndex struct {
	seed  maphash.Seed
	first map[uint64]int32 // of equal points
	next  []int32          // and those that follow each; -1 ends
	key   []byte
}

// indexPoints reads a batch once.
func indexPoints(ctx context.Context, b *put.Batch) (*pointIndex, error) {
	x := &pointIndex{seed: maphash.MakeSeed(), first: make(map[uint64]int32, b.Points()), next: make([]int32, b.Points())}
	hashes := make([]uint64, b.Points())
	err := b.Lines(ctx, func(i int, line []byte) bool {
		if key, value, ok := put.SplitLine(line); ok {
			hashes[i] = x.hash(key, value)
		}
		return true
	})
	for i, hash := range slices.Backward(hashes) {
		x.link(hash, i)
	}
	return x, err
}

// hash is of series, timestamp and value. Values are compared as numbers: a server
// may echo 1 as 1.0.
func (x *pointIndex) hash(key []byte, v model.Value) uint64 {
	x.key = binary.LittleEndian.AppendUint64(append(x.key[:0], key...), math.Float64bits(v.Float64()+0)) // -0 + 0 is 0
	return maphash.Bytes(x.seed, x.key)
}

// link puts a point before its equals.
func (x *pointIndex) link(hash uint64, i int) {
	x.next[i] = -1
	if first, ok := x.first[hash]; ok {
		x.next[i] = first
	}
	x.first[hash] = int32(i)
}

// take returns the number of a point that has not been taken.
func (x *pointIndex) take(p put.Point) (int, bool) {
	hash := x.hash(p.AppendKey(nil), p.Value)
	i, ok := x.first[hash]
	if !ok {
		return 0, false
	}
	if x.next[i] >= 0 {
		x.first[hash] = x.next[i]
	} else {
		delete(x.first, hash)
	}
	return int(i), true
}
