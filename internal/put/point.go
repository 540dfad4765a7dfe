// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The constant parts of a line:
//
//	{"metric":"cpu.load","tags":{"host":"web1","os":"linux"},"timestamp":1700000000,"value":1.5}
//	          ── name ──         ───────── tags ──────────               ── time ──
//
// Parts of a line have names of their own:
//
//	head      everything before the tags
//	prefix    everything before the time
//	text      everything before the value; it is the text of a [Line]
const (
	// HeadStart comes before the name.
	HeadStart = `{"metric":`
	// HeadEnd comes between the name and the tags.
	HeadEnd = `,"tags":{`
	// PrefixEnd comes between the tags and the time.
	PrefixEnd = `},"timestamp":`
	// ValueKey comes between the time and the value.
	ValueKey = `,"value":`
)

// AppendHead renders a line up to the tags.
func AppendHead(dst []byte, metric string) []byte {
	dst = append(dst, HeadStart...)
	dst = encoding.AppendString(dst, metric)
	return append(dst, HeadEnd...)
}

// AppendTags renders tags. Equal sets of tags give equal bytes if they are sorted by key.
func AppendTags(dst []byte, tags []model.Tag) []byte {
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = encoding.AppendString(dst, t.Key)
		dst = append(dst, ':')
		dst = encoding.AppendString(dst, t.Value)
	}
	return dst
}

// AppendPrefix renders a line up to the time, which all points of a series have in common.
func AppendPrefix(dst []byte, metric string, tags []model.Tag) []byte {
	return append(AppendTags(AppendHead(dst, metric), tags), PrefixEnd...)
}

// AppendTime renders a timestamp in wire units and the bytes between it and the value.
func AppendTime(dst []byte, ts int64) []byte {
	return append(strconv.AppendInt(dst, ts, 10), ValueKey...)
}

// Renderer renders the tags of one series after another, as [AppendTags] does, but copies
// the tags that are equal to tags of the previous series. It takes half the time (go test
// ./internal/put -run '^$' -bench Renderer), and a first export of sums 4 % less. The zero
// value is ready for use. A Renderer belongs to one goroutine.
type Renderer struct {
	tags []renderedTag
	text []byte // of all tags
}

// renderedTag is a tag and where it ends in the text.
type renderedTag struct {
	model.Tag
	keyEnd, end int // of the key with the colon, and of the tag
}

// AppendTags renders tags. They must not change before the next call.
func (r *Renderer) AppendTags(dst []byte, tags []model.Tag) []byte {
	start, known := len(dst), len(r.tags)
	end := 0 // of the tag before in the last text
	for i, t := range tags {
		if i == len(r.tags) {
			r.tags = append(r.tags, renderedTag{})
		}
		last := &r.tags[i]
		from, keyEnd := end, last.keyEnd
		end = last.end
		switch {
		case i >= known || last.Key != t.Key:
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = encoding.AppendString(dst, t.Key)
			dst = append(dst, ':')
			last.keyEnd = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		case last.Value != t.Value:
			dst = append(dst, r.text[from:keyEnd]...)
			last.keyEnd = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		default:
			dst = append(dst, r.text[from:end]...)
			last.keyEnd = len(dst) - start - (end - keyEnd)
		}
		last.Tag, last.end = t, len(dst)-start
	}
	r.tags = r.tags[:len(tags)]
	r.text = append(r.text[:0], dst[start:]...)
	return dst
}

// Point is a decoded point.
type Point struct {
	Metric    string
	Tags      map[string]string
	Timestamp int64 // in wire units
	Value     model.Value
}

// DecodePoint decodes a point of a batch, or a point in the answer of a server. There,
// numbers may be strings, as OpenTSDB prints values.
func DecodePoint(line []byte) (Point, error) {
	var p struct {
		Metric    string            `json:"metric"`
		Tags      map[string]string `json:"tags"`
		Timestamp json.RawMessage   `json:"timestamp"`
		Value     json.RawMessage   `json:"value"`
	}
	if err := json.Unmarshal(line, &p); err != nil {
		return Point{}, fmt.Errorf("put: point: %w", err)
	}
	ts, err := strconv.ParseInt(unquote(p.Timestamp), 10, 64)
	if err != nil {
		return Point{}, fmt.Errorf("put: timestamp: %w", err)
	}
	v, err := model.ParseValue(unquote(p.Value))
	if err != nil {
		return Point{}, fmt.Errorf("put: value: %w", err)
	}
	return Point{Metric: p.Metric, Tags: p.Tags, Timestamp: ts, Value: v}, nil
}

func unquote(raw []byte) string { return string(bytes.Trim(raw, `"`)) }

// AppendKey appends the key of the point: its series and timestamp, which are the first
// bytes of its line.
func (p Point) AppendKey(dst []byte) []byte {
	dst = AppendPrefix(dst, p.Metric, model.TagsOf(nil, p.Tags))
	return strconv.AppendInt(dst, p.Timestamp, 10)
}

// SplitLine splits the line of a point into its key, see [Point.AppendKey], and its value.
func SplitLine(line []byte) (key []byte, v model.Value, ok bool) {
	i := bytes.LastIndex(line, []byte(ValueKey))
	if i < 0 {
		return nil, model.Value{}, false
	}
	v, err := model.ParseValue(string(bytes.TrimSuffix(line[i+len(ValueKey):], []byte("}"))))
	return line[:i], v, err == nil
}

// CheckLine returns an error unless a line is a point as a [Builder] writes it.
func CheckLine(line []byte) error {
	_, v, ok := SplitLine(line)
	if !ok || !v.Finite() || !bytes.HasPrefix(line, []byte(HeadStart)) || !json.Valid(line) {
		return errors.New("put: not the line of a point")
	}
	return nil
}
