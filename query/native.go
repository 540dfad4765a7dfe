// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"io"
)

// decoder puts an answer together.
type decoder struct {
	*scanner
	first, last int64 // points outside are dropped, in Unix milliseconds
	got         samples
}

// tags reads an object of strings.
func (d *decoder) tags() (map[string]string, error) {
	tags := map[string]string{}
	err := d.object(func(key string) error {
		value, err := d.name()
		tags[key] = value
		return err
	})
	return tags, err
}

var errNoOutputs = errors.New("no outputs in the answer: not a query endpoint")

// decodeNative reads {"outputs": [{"id", "result": [{"metric", "tags", "dps":
// [[time, value], …]}, …]}, …]}.
func decodeNative(r io.Reader, first, last int64) (*Result, error) {
	d := &decoder{scanner: newScanner(r), first: first, last: last}
	result := &Result{}
	found := false
	err := d.object(func(key string) error {
		if key != "outputs" {
			return d.skip()
		}
		found = true
		return d.array(func() error {
			var o Output
			err := d.object(func(key string) (err error) {
				switch key {
				case "id":
					o.ID, err = d.name()
				case "result":
					err = d.array(func() error { return d.nativeSeries(&o) })
				default:
					err = d.skip()
				}
				return err
			})
			result.Outputs = append(result.Outputs, o)
			return err
		})
	})
	if err == nil {
		err = d.eof()
	}
	if err == nil && !found {
		err = errNoOutputs
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (d *decoder) nativeSeries(o *Output) error {
	var s Series
	err := d.object(func(key string) (err error) {
		switch key {
		case "metric":
			s.Metric, err = d.name()
		case "tags":
			s.Tags, err = d.tags()
		case "dps":
			err = d.points(&d.got, d.first, d.last)
		default:
			err = d.skip()
		}
		return err
	})
	s.Timestamps, s.Values = d.got.take()
	o.Series = append(o.Series, s)
	return err
}
