// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Parts are hashes of the values of a series' tags, in their order, 0 where there is
// none: as many as a point may have. They tell series apart that are alike, fast,
// and are the same at every run of a program.
type Parts [encoding.MaxTags]uint8

// PartsOf returns the parts of a series, by its text. They are those of its tags,
// unless values have escapes.
func PartsOf(prefix []byte) (parts Parts) {
	const next = `":"`
	_, text, _ := bytes.Cut(prefix, []byte(`"tags":{`))
	for i := range parts {
		if len(text) == 0 || text[0] != '"' {
			break
		}
		// From one quote to the next: `"key":"value",`.
		key := bytes.IndexByte(text[1:], '"') + 1
		if key <= 0 || key+len(next) > len(text) {
			break
		}
		text = text[key+len(next):]
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			break
		}
		parts[i] = part(text[:end])
		if text = text[end+1:]; len(text) == 0 || text[0] != ',' {
			break
		}
		text = text[1:]
	}
	return parts
}

// PartsOfTags returns the parts of a series, by its tags.
func PartsOfTags(tags []model.Tag) (parts Parts) {
	for i, t := range tags[:min(len(tags), len(parts))] {
		parts[i] = part(unsafe.Slice(unsafe.StringData(t.Value), len(t.Value)))
	}
	return parts
}

// part is a hash of a value: of its length and its last 16 bytes, which is where
// values differ most often.
func part(value []byte) uint8 {
	const prime = 0x9e3779b97f4a7c15
	h := uint64(len(value)) * prime
	switch n := len(value); {
	case n >= 16:
		h ^= binary.LittleEndian.Uint64(value[n-16:])
		h *= prime
		h ^= binary.LittleEndian.Uint64(value[n-8:])
	case n >= 8:
		h ^= binary.LittleEndian.Uint64(value)
		h *= prime
		h ^= binary.LittleEndian.Uint64(value[n-8:])
	case n >= 4:
		h ^= uint64(binary.LittleEndian.Uint32(value)) | uint64(binary.LittleEndian.Uint32(value[n-4:]))<<32
	default:
		for _, b := range value {
			h = h<<8 ^ uint64(b)
		}
	}
	return uint8(h * prime >> 56)
}
