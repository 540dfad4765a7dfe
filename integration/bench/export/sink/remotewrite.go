// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"io"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// decodeRemoteWrite decodes a request of Prometheus' remote write 1.0: series of
// labels and samples, or native histograms. What a classic histogram becomes
// counts with its count only.
func decodeRemoteWrite(plain io.Reader) (content, error) {
	var c content
	body, err := io.ReadAll(plain)
	if err != nil {
		return c, err
	}
	return c, fields(body, func(number protowire.Number, value []byte, _ uint64) error {
		if number != 1 {
			return errors.New("remote write: not a series")
		}
		return c.series(value)
	})
}

// series counts what is in one series.
func (c *content) series(body []byte) error {
	var name string
	le := false
	return fields(body, func(number protowire.Number, value []byte, _ uint64) error {
		switch number {
		case 1: // label
			var label [2]string
			err := fields(value, func(number protowire.Number, value []byte, _ uint64) error {
				label[number-1] = string(value)
				return nil
			})
			switch label[0] {
			case "__name__":
				name = label[1]
			case "le":
				le = true
			}
			return err
		case 2: // sample
			var v float64
			err := fields(value, func(number protowire.Number, _ []byte, bits uint64) error {
				if number == 1 {
					v = math.Float64frombits(bits)
				}
				return nil
			})
			if le || strings.HasSuffix(name, "_sum") {
				v = 0
			}
			c.point(v)
			return err
		case 4: // native histogram
			var count uint64
			err := fields(value, func(number protowire.Number, _ []byte, n uint64) error {
				if number == 1 {
					count = n
				}
				return nil
			})
			c.point(float64(count))
			return err
		default:
			return errors.New("remote write: an unknown field")
		}
	})
}

// fields calls visit with each field of a message of protobuf: bytes, or a
// number of a varint or of 64 bits.
func fields(body []byte, visit func(number protowire.Number, value []byte, bits uint64) error) error {
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 {
			return protowire.ParseError(n)
		}
		body = body[n:]
		var value []byte
		var bits uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(body)
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(body)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(body)
		default:
			return errors.New("remote write: an unknown type")
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		body = body[n:]
		if err := visit(number, value, bits); err != nil {
			return err
		}
	}
	return nil
}
