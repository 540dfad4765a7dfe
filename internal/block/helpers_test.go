// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// recorder is a sink that collects the lines and rejections of an export. Its collision errors
// contain the numbers of the owners.
type recorder struct {
	t        testing.TB
	builder  *put.Builder
	lines    []string // decompressed from the bodies
	sources  []uint32
	repeats  bool
	rejected []put.Rejection
	pairs    map[[2]uint32]bool
}

func newRecorder(t testing.TB, e put.Encoding) *recorder {
	r := &recorder{t: t, pairs: map[[2]uint32]bool{}}
	r.builder = put.NewCodec(e).NewBuilder(put.Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, func(b *put.Batch) {
		defer b.Release()
		r.lines = append(r.lines, linesOf(t, b)...)
		for i := range b.Points() {
			r.sources = append(r.sources, b.Source(i))
		}
	})
	return r
}

// linesOf decompresses a batch with the standard library, and returns its lines.
func linesOf(t testing.TB, b *put.Batch) []string {
	t.Helper()
	body := b.Open()
	defer body.Close()
	var in io.Reader = body
	if b.Encoding() == put.Gzip {
		z, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(text), "[\n"), "\n]"), ",\n")
}

func (r *recorder) Lines() *put.Builder    { return r.builder }
func (r *recorder) Sequential()            { r.repeats = true }
func (r *recorder) Reject(p put.Rejection) { r.rejected = append(r.rejected, p) }

func (r *recorder) Collision(winner, loser uint32) (reported bool, err error) {
	pair := [2]uint32{winner, loser}
	reported = r.pairs[pair]
	r.pairs[pair] = true
	return reported, fmt.Errorf("%d beats %d", winner, loser)
}

// pad appends a line that is so large that the body is compressed from the edits of the lines.
// The recorder removes the line from its results.
func (r *recorder) pad() {
	var l put.Line
	l.SetText(bytes.Repeat([]byte("x"), 70_000))
	r.builder.Append(&l, model.Int(0), 0)
}

func isPad(line string) bool { return strings.HasPrefix(line, "xxx") }

// take ends the export of a writer and returns the lines.
func (r *recorder) take(w *Writer) []string {
	w.End()
	r.builder.Flush()
	lines := slices.DeleteFunc(r.lines, isPad)
	r.lines, r.sources = nil, nil
	return lines
}

// tagsText renders tags given as "key=value,key=value".
func tagsText(text string) []byte {
	var tags []model.Tag
	for item := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(item, "="); ok {
			tags = append(tags, model.Tag{Key: key, Value: value})
		}
	}
	return put.AppendTags(nil, tags)
}

// lineOf returns a line in the form of a body.
func lineOf(metric, tags string, ts int64, value any) string {
	return fmt.Sprintf(`{"metric":"%s","tags":{%s},"timestamp":%d,"value":%v}`, metric, tagsText(tags), ts, value)
}

func wantLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// number returns a block with one line for each point.
func number(metric string) *Block { return New(Lines{Plain: []string{metric}}) }

// add adds a series and returns its entry.
func add(w *Writer, b *Block, tags string) uint32 {
	id := b.NewEntry()
	w.Add(b, id, tagsText(tags), 0)
	return id
}

const stamp = 1_700_000_000
