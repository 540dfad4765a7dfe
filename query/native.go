// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
)

// decoder puts an answer together.
type decoder struct {
	*scanner
	first, last int64 // points outside are dropped, in Unix milliseconds
	got         samples
	each        eachSeries // nil: the series are collected
}

// eachSeries is called with each series of an output after it was read, or with each piece
// of a long series. Its error ends the reading.
type eachSeries func(output string, s Series) error

// pointsOf reads the points of a series. If the series go to each, and this one's metric and
// tags are known, points are passed on as often as a block of them is full. It reports
// whether there was such a block.
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

var errNoOutputs = errors.New("no outputs in the answer: not a query endpoint")

// native reads {"outputs": [{"id", "result": [{"metric", "tags", "dps": [[time, value], …]},
// …]}, …]}, or an error in the form of Prometheus or OpenTSDB.
func (d *decoder) native() (*Result, error) {
	result := &Result{}
	found := false
	var status string
	var failure PrometheusError
	err := d.object(func(key string) (err error) {
		switch key {
		case "status":
			status, err = d.words()
		case "outputs":
			found = true
			return d.array(func() error {
				o, err := d.output()
				result.Outputs = append(result.Outputs, o)
				return err
			})
		case "errorType":
			failure.Type, err = d.words()
		case "error":
			failure.Message, err = d.words()
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

// words reads a string, or the "message" of an object. Anything else says nothing.
func (d *decoder) words() (text string, err error) {
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

// output reads one of the outputs.
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
