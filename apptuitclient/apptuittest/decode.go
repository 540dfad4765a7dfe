// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
)

// wirePoint is a point in JSON.
type wirePoint struct {
	Metric    string  `json:"metric"`
	Timestamp number  `json:"timestamp"`
	Value     number  `json:"value"`
	Tags      wireTag `json:"tags"`
}

// point returns the point without checking it.
func (w *wirePoint) point() Point {
	return Point{Metric: w.Metric, Tags: w.Tags.tags, Timestamp: json.Number(w.Timestamp.text), Value: json.Number(w.Value.text)}
}

// withoutEmpty removes the tags with an empty value from a map, and returns the map.
func withoutEmpty(tags map[string]string) map[string]string {
	maps.DeleteFunc(tags, func(_, value string) bool { return value == "" })
	return tags
}

// number is a JSON number or string. The dialect checks its text later.
type number struct {
	text   string
	quoted bool
}

func (n *number) UnmarshalJSON(data []byte) error {
	*n = number{}
	switch data[0] {
	case '"':
		n.quoted = true
		return json.Unmarshal(data, &n.text)
	case '{', '[':
		return errors.New("json: an object or array where a number belongs")
	case 'n': // null
	default:
		n.text = string(data)
	}
	return nil
}

// wireTag is a JSON object of strings. It records whether a key occurred twice.
type wireTag struct {
	tags      map[string]string
	duplicate bool
}

func (t *wireTag) UnmarshalJSON(data []byte) error {
	*t = wireTag{}
	if err := json.Unmarshal(data, &t.tags); err != nil {
		return err
	}
	t.duplicate = countMembers(data) > len(t.tags)
	return nil
}

// countMembers returns the number of members of a valid JSON object without nested objects: each member has one colon
// outside strings.
func countMembers(object []byte) int {
	members, quoted := 0, false
	for i := 0; i < len(object); i++ {
		switch c := object[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			i++
		case c == ':' && !quoted:
			members++
		}
	}
	return members
}

// decodePoints reads a point or an array of points from r, and calls add for each point as soon as it is read. It returns
// the first error of the body or of add. Points may have been added before the error.
func decodePoints(r io.Reader, add func(wirePoint) error) error {
	br := bufio.NewReader(r)
	first, err := peekByte(br)
	if errors.Is(err, io.EOF) {
		return errors.New("the body is empty")
	}
	if err != nil {
		return err
	}
	dec := json.NewDecoder(br)
	dec.DisallowUnknownFields()
	decode := func() error {
		var p wirePoint
		if err := dec.Decode(&p); err != nil {
			return err
		}
		return add(p)
	}

	switch first {
	case '{':
		err = decode()
	case '[':
		err = decodeArray(dec, decode)
	default:
		return fmt.Errorf("the body begins with %q, not with an object or an array", first)
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	// Read to the end: a compressed stream reports only there that it was truncated or corrupt.
	switch _, err := dec.Token(); {
	case err == nil:
		return errors.New("the body goes on after its end")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

// decodeArray calls decode for each element of an array.
func decodeArray(dec *json.Decoder, decode func() error) error {
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		if err := decode(); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// peekByte returns the first byte that is not white space, without consuming it.
func peekByte(br *bufio.Reader) (byte, error) {
	for {
		c, err := br.ReadByte()
		if err != nil {
			return 0, err
		}
		if !bytes.ContainsRune([]byte(" \t\r\n"), rune(c)) {
			return c, br.UnreadByte()
		}
	}
}
