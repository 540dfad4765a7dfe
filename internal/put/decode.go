// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/model"
)

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
