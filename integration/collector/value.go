// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxDepth is the depth up to which nested values are read. Deeper values become null. The
// sender of a value chooses its depth, and a stack overflow would end the Collector.
const maxDepth = 64

// text returns the canonical text of a value, as attribute.Value.String does (specification,
// section "AnyValue representation for non-OTLP protocols").
func text(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeBool:
		return strconv.FormatBool(v.Bool())
	}
	return string(appendText(nil, v))
}

// appendText appends the canonical text of a value.
func appendText(dst []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return append(dst, v.Str()...)
	case pcommon.ValueTypeDouble:
		return appendFloat(dst, v.Double())
	case pcommon.ValueTypeBytes:
		return appendBytes(dst, v.Bytes())
	case pcommon.ValueTypeEmpty:
		return dst
	}
	return appendJSON(dst, v, 0)
}

// appendJSON appends a value in the form that it has within an array or a map.
func appendJSON(dst []byte, v pcommon.Value, depth int) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return appendString(dst, v.Str())
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(dst, v.Bool())
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case pcommon.ValueTypeDouble:
		if f := v.Double(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(appendFloat(append(dst, '"'), f), '"')
		}
		return appendFloat(dst, v.Double())
	case pcommon.ValueTypeBytes:
		return append(appendBytes(append(dst, '"'), v.Bytes()), '"')
	case pcommon.ValueTypeSlice:
		if depth < maxDepth {
			return appendSlice(dst, v.Slice(), depth+1)
		}
	case pcommon.ValueTypeMap:
		if depth < maxDepth {
			return appendMap(dst, v.Map(), depth+1)
		}
	}
	return append(dst, "null"...)
}

func appendSlice(dst []byte, s pcommon.Slice, depth int) []byte {
	dst = append(dst, '[')
	for i := range s.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, s.At(i), depth)
	}
	return append(dst, ']')
}

func appendMap(dst []byte, m pcommon.Map, depth int) []byte {
	dst = append(dst, '{')
	for i, a := range sortedAttributes(nil, m) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, a.key), ':')
		dst = appendJSON(dst, a.value, depth)
	}
	return append(dst, '}')
}

// appendFloat appends a number in the shortest form that reads back as the same number.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

func appendBytes(dst []byte, b pcommon.ByteSlice) []byte {
	return base64.StdEncoding.AppendEncode(dst, b.AsRaw())
}

// appendString appends a JSON string with the escapes of attribute.Value.String.
// encoding/json has the same escapes up to Go 1.26. Since Go 1.27 it writes invalid
// UTF-8 as the character U+FFFD, in place of the escape \ufffd.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch letter := strings.IndexRune("\b\f\n\r\t", r); {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, `\ufffd`...)
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case letter >= 0:
			dst = append(dst, '\\', "bfnrt"[letter])
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		case r == '\u2028' || r == '\u2029': // They end a line in JavaScript.
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[r&0xf])
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return append(dst, '"')
}

// pair is an attribute.
type pair struct {
	key   string
	value pcommon.Value
}

// sortedAttributes returns the attributes of a map, sorted by key, in the memory of dst. Keys
// should be unique in OTLP. Of several attributes with the same key it returns the first, as
// pcommon.Map.Get does.
func sortedAttributes(dst []pair, m pcommon.Map) []pair {
	dst = dst[:0]
	sorted := true
	for k, v := range m.All() {
		sorted = sorted && (len(dst) == 0 || dst[len(dst)-1].key < k)
		dst = append(dst, pair{k, v})
	}
	if sorted {
		return dst
	}
	slices.SortStableFunc(dst, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	return slices.CompactFunc(dst, func(a, b pair) bool { return a.key == b.key })
}
