// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
)

// decoder decodes an answer.
type decoder struct {
	*scanner
	first, last int64      // range of the points to keep, in Unix milliseconds
	got         samples    // points of the current series
	each        eachSeries // gets the series; if nil, they are collected
}

// eachSeries is called with each series of an output after it was read, or with each piece of
// a long series. If it returns an error, decoding ends with that error.
type eachSeries func(output string, s Series) error

// pointsOf reads the points of a series. If each is set and the metric and tags of the series are
// known, pointsOf passes a piece to each whenever a block of points is full. It reports whether
// it has passed a piece. The other points remain in d.got.
func (d *decoder) pointsOf(s *Series, output string, known bool) (passed bool, err error) {
	if d.each == nil || !known {
		return false, d.points(&d.got, d.first, d.last)
	}
	err = d.array(func() error {
		if err := d.point(&d.got, d.first, d.last); err != nil || len(d.got.times) < blockPoints {
			return err
		}
		passed = true
		piece := Series{Metric: s.Metric, Tags: s.Tags}
		piece.Timestamps, piece.Values = d.got.take()
		return d.each(output, piece)
	})
	return passed, err
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

// errNoOutputs is the error for an answer that is not an answer of Apptuit's query API.
var errNoOutputs = errors.New("no outputs in the answer: not a query endpoint")

// native reads an answer of Apptuit's query API: {"outputs": [{"id", "result": [{"metric",
// "tags", "dps": [[time, value], …]}, …]}, …]}, or an error in the form of Prometheus or
// OpenTSDB.
func (d *decoder) native() (*Result, error) {
	result := &Result{}
	found := false
	var status string
	var failure PrometheusError
	err := d.object(func(key string) (err error) {
		switch key {
		case "status":
			status, err = d.message()
		case "outputs":
			found = true
			return d.array(func() error {
				o, err := d.output()
				result.Outputs = append(result.Outputs, o)
				return err
			})
		case "errorType":
			failure.Type, err = d.message()
		case "error":
			failure.Message, err = d.message()
		default:
			err = d.skip()
		}
		return err
	})
	if err == nil {
		err = d.eof()
	}
	switch {
	case err != nil:
	case found:
		return result, nil
	case failure == PrometheusError{}:
		err = errNoOutputs
	case status == statusError:
		err = &failure
	default:
		err = fmt.Errorf("%w: %w", errNoOutputs, &failure)
	}
	return nil, err
}

// message reads the text of an error: a string, or the member "message" of an object. For
// another value, it returns an empty string.
func (d *decoder) message() (text string, err error) {
	switch c, err := d.peek(); {
	case err != nil:
		return "", err
	case c == '"':
		return d.name()
	case c != '{':
		return "", d.skip()
	}
	err = d.object(func(key string) error {
		c, err := d.peek()
		switch {
		case err != nil:
			return err
		case key != "message" || c != '"':
			return d.skip()
		}
		text, err = d.name()
		return err
	})
	return text, err
}

// output reads an output.
func (d *decoder) output() (o Output, err error) {
	err = d.object(func(key string) (err error) {
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
	return o, err
}

// nativeSeries reads a series of an output, and adds it to the output or passes it to each.
func (d *decoder) nativeSeries(o *Output) error {
	var s Series
	named, passed := false, false
	err := d.object(func(key string) (err error) {
		switch key {
		case "metric":
			named = true
			s.Metric, err = d.name()
		case "tags":
			s.Tags, err = d.tags()
		case "dps":
			passed, err = d.pointsOf(&s, o.ID, named && s.Tags != nil)
		default:
			err = d.skip()
		}
		return err
	})
	s.Timestamps, s.Values = d.got.take()
	switch {
	case err != nil:
		return err
	case d.each == nil:
		o.Series = append(o.Series, s)
		return nil
	case passed && len(s.Values) == 0:
		return nil
	}
	return d.each(o.ID, s)
}
