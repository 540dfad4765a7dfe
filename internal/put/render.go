// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"strconv"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The parts of a line that are the same for all points:
//
//	{"metric":"cpu.load","tags":{"host":"web1","os":"linux"},"timestamp":1700000000,"value":1.5}
//	          ── name ──         ───────── tags ──────────               ── time ──
//
// A line up to the tags is a head, up to the time a prefix, and up to the value the text
// of a [Line].
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

// AppendHead renders a metric's name and all that comes before the tags.
func AppendHead(dst []byte, metric string) []byte {
	dst = append(dst, HeadStart...)
	dst = encoding.AppendString(dst, metric)
	return append(dst, HeadEnd...)
}

// AppendTags renders tags. Tags that are sorted by key give the same bytes whenever they
// are equal.
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

// AppendPrefix renders all of a line that is the same for all points of a series.
func AppendPrefix(dst []byte, metric string, tags []model.Tag) []byte {
	return append(AppendTags(AppendHead(dst, metric), tags), PrefixEnd...)
}

// AppendTime renders a timestamp in wire units and all that is between it and the value.
func AppendTime(dst []byte, ts int64) []byte {
	return append(strconv.AppendInt(dst, ts, 10), ValueKey...)
}
