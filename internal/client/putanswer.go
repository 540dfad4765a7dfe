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

// putAnswer is OpenTSDB's answer to a put with details: the number of points that were
// stored, and the points that were not. The points are looked up while the answer is read,
// so that the memory is bounded by the size of the batch and not of the answer.
type putAnswer struct {
	begun                     bool // a count or a list of errors was read, so it is a put answer even if it is cut off
	success, failed, timeouts int64

	named     map[int]string // reasons of the points that were not stored, by index in the batch
	transient map[int]bool   // indexes of the named points that may be stored later
	// transientReason is the reason of the transient point that comes first in the batch.
	transientReason string
	firstTransient  int

	points      *pointIndex // of the batch; created for the first named point
	reasonBytes int         // total length of the reasons in named
}

const (
	// maxEntry bounds one value of a put answer, in bytes: a point and its reason.
	maxEntry = 256 << 10
	// maxReason bounds how many bytes of a reason are kept. An error displays fewer.
	maxReason = 512
	// maxReasons bounds how many bytes of all reasons of an answer are kept. Points beyond
	// it are counted, and named without a reason.
	maxReasons = 4 << 20
)

// maxPutAnswer returns the size limit of the put answer to a batch, in bytes: for each
// point, its text, which escapes can double, and a reason of 2 KiB.
func maxPutAnswer(b *put.Batch) int64 { return 2*b.RawSize() + 2<<10*int64(b.Points()) + 1<<20 }

// maxEntries returns how many points a put answer may name. OpenTSDB can name a point
// twice: once when the time for the answer is over, and once when storing it fails
// afterwards.
func maxEntries(b *put.Batch) int { return 2*b.Points() + 16 }

var (
	errAnswerTooLong  = errors.New("the put answer is too long for the number of points that were sent")
	errNotAPutAnswer  = errors.New("not a put answer")
	errEntryTooLarge  = errors.New("a value of the put answer is longer than 256 KiB")
	errTooManyNames   = errors.New("the put answer names more points than were sent")
	errAfterPutAnswer = errors.New("there is text after the put answer")
)

// countingReader limits the size of an answer and of each value in it. It records the read
// error, to distinguish a broken connection from invalid JSON.
type countingReader struct {
	r     io.Reader
	left  int64 // bytes that may be read of the answer
	entry int64 // bytes that may be read of the current value
	err   error // from the connection; not io.EOF
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

// putAnswerReader parses a put answer value by value.
type putAnswerReader struct {
	ctx  context.Context //nolint:containedctx // the reader lives for one call only
	body *countingReader
	json *json.Decoder
	b    *put.Batch
	a    *putAnswer
}

// readPutAnswer parses the put answer to a batch. It stops when ctx ends: an answer can
// name as many points as were sent, and each takes some microseconds.
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

// next allows another value to be read.
func (r *putAnswerReader) next() error {
	r.body.entry = maxEntry
	return r.ctx.Err()
}

// value decodes a value into v. A value of another JSON type leaves v unchanged.
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

// delimiter reads a token and reports whether it is the wanted delimiter.
func (r *putAnswerReader) delimiter(want json.Delim) (bool, error) {
	if err := r.next(); err != nil {
		return false, err
	}
	token, err := r.json.Token()
	return token == want, err
}

// object parses the answer up to its closing brace.
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
		if err != nil && !errors.Is(err, strconv.ErrRange) { // such a count is cut to the largest integer, which addsUp refuses
			return errNotAPutAnswer
		}
		*count.to = n
	}
	return nil
}

// errors parses the list of points that were not stored. A value that is not a list names
// no point.
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
			r.a.begun = true // a list of points, though an unreadable one
			return err
		}
		if err := r.name(e.Datapoint, e.Error); err != nil {
			return err
		}
	}
	_, err = r.delimiter(']')
	return err
}

// skip reads to the end of the current object.
func (r *putAnswerReader) skip() error {
	for r.json.More() {
		if err := r.value(new(json.RawMessage)); err != nil {
			return err
		}
	}
	_, err := r.delimiter('}')
	return err
}

// name records a point that was not stored. It ignores a point that is not in the batch, or
// that was already named.
func (r *putAnswerReader) name(datapoint []byte, reason string) error {
	p, err := put.DecodePoint(datapoint)
	if err != nil {
		return nil //nolint:nilerr // a point that cannot be decoded is like one that is not in the batch
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

// note records the reason of the point with index i.
func (a *putAnswer) note(i int, reason string) {
	transient := isTransient(reason)
	reason = strings.Clone(reason[:min(len(reason), maxReason)])
	if a.reasonBytes += len(reason); a.reasonBytes > maxReasons {
		reason = ""
	}
	a.named[i] = reason
	if !transient {
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

// addsUp reports whether the counts add up to n points. If they do not, for example because
// the server failed halfway, any number of points may be stored.
func (a *putAnswer) addsUp(n int) bool {
	for _, count := range []int64{a.success, a.failed, a.timeouts} {
		if count < 0 || count > int64(n) { // so that the sum cannot overflow
			return false
		}
	}
	return a.success+a.failed+a.timeouts == int64(n)
}

// String returns the counts for an error message.
func (a *putAnswer) String() string {
	return fmt.Sprintf("%d stored, %d failed, %d timed out", a.success, a.failed, a.timeouts)
}

// isTransient reports whether OpenTSDB may store a point later that it has not stored for the
// given reason. The texts are from PutDataPointRpc in OpenTSDB 2.4. It answers "Unexpected
// exception" if HBase fails or throttles while OpenTSDB looks up a name.
func isTransient(reason string) bool {
	for _, text := range []string{"Please throttle", "Timeout exception", "Write timedout", "Storage exception", "Unexpected exception"} {
		if strings.Contains(reason, text) {
			return true
		}
	}
	return false
}

// pointIndex finds the points of a batch by series, timestamp and value in constant time.
// It returns each point once.
type pointIndex struct {
	seed  maphash.Seed
	first map[uint64]int32 // index of the first of several equal points, by hash
	next  []int32          // index of the next equal point, by index; -1 if there is none
	key   []byte           // buffer of hash
}

// indexPoints builds the index of a batch.
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

// hash returns the hash of series, timestamp and value. Values are compared as numbers: a
// server may echo 1 as 1.0.
func (x *pointIndex) hash(key []byte, v model.Value) uint64 {
	x.key = binary.LittleEndian.AppendUint64(append(x.key[:0], key...), math.Float64bits(v.Float64()+0)) // -0 + 0 is 0
	return maphash.Bytes(x.seed, x.key)
}

// link inserts a point before its equals.
func (x *pointIndex) link(hash uint64, i int) {
	x.next[i] = -1
	if first, ok := x.first[hash]; ok {
		x.next[i] = first
	}
	x.first[hash] = int32(i)
}

// take returns the index of a point that is equal to p, each index once.
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
