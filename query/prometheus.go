// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
)

// matrix is the answer to a PromQL query, or to a part of a range query.
type matrix struct {
	Notes
	series     []Series
	histograms int // number of series whose native histograms were omitted
}

// errNoStatus is the error for an answer that is not an answer of Prometheus' API.
var errNoStatus = errors.New("no status in the answer: not a Prometheus query endpoint")

// statusError is the status of an answer that reports an error.
const statusError = "error"

// envelope reads an answer of Prometheus' HTTP API, whose keys can be in any order. It calls data
// to read the value of the key "data". An answer without that key is a valid, empty answer.
func (d *decoder) envelope(data func() error) (Notes, error) {
	var notes Notes
	var status string
	var failure PrometheusError
	err := d.object(func(key string) (err error) {
		switch key {
		case "status":
			status, err = d.name()
		case "data":
			if status == statusError {
				return d.skip() // data of an error can have any form
			}
			err = data()
		case "errorType":
			failure.Type, err = d.optional()
		case "error":
			failure.Message, err = d.optional()
		case "warnings":
			err = d.texts(&notes.Warnings)
		case "infos":
			err = d.texts(&notes.Infos)
		case "isPartial":
			notes.Partial, err = d.boolean()
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
	case status == "":
		err = errNoStatus
	case status != "success":
		if failure == (PrometheusError{}) {
			failure.Type = fmt.Sprintf("status %q", status)
		}
		err = &failure
	}
	return notes, err
}

// texts reads an array of strings, and appends them to into.
func (d *decoder) texts(into *[]string) error {
	return d.array(func() error {
		text, err := d.name()
		*into = append(*into, text)
		return err
	})
}

// optional reads a string, or null, for which it returns an empty string.
func (d *decoder) optional() (string, error) {
	if null, err := d.null(); null || err != nil {
		return "", err
	}
	return d.name()
}

// prometheus reads the answer to a query: a matrix, vector or scalar.
func (d *decoder) prometheus() (*matrix, error) {
	m := &matrix{}
	var err error
	m.Notes, err = d.envelope(func() error { return d.data(m) })
	if m.histograms > 0 {
		m.Warnings = append(m.Warnings, fmt.Sprintf("the native histograms of %d series are omitted: query their histogram_quantile, histogram_count or histogram_sum", m.histograms))
	}
	return m, err
}

// data reads the value of the key "data".
func (d *decoder) data(m *matrix) error {
	kind, result := "", absent
	err := d.object(func(key string) (err error) {
		switch key {
		case "resultType":
			if kind, err = d.name(); err == nil {
				err = d.hasPoints(kind) // checked before the result, which can have any form
			}
		case "result":
			result, err = d.prometheusResult(m)
		default:
			err = d.skip()
		}
		return err
	})
	empty := result == absent || result == nothing
	switch {
	case err != nil:
		return err
	case empty && kind != "scalar": // some servers omit the type of an empty result
		return nil
	case kind == "":
		return d.fail("a result without a type")
	case kind == "scalar" && result != scalar, kind != "scalar" && result == scalar:
		return d.fail("%s where a %s is expected", result, kind)
	}
	return nil
}

// shape is the form of a result, in the words of an error message.
type shape string

const (
	absent  shape = "no result"
	nothing shape = "nothing"
	several shape = "series"
	scalar  shape = "a scalar"
)

// hasPoints returns an error for a type of result that contains no points.
func (d *decoder) hasPoints(kind string) error {
	switch kind {
	case "matrix", "vector", "scalar":
		return nil
	}
	return d.fail("result of type %q: only matrix, vector and scalar have points", kind)
}

// prometheusResult reads a result: an array of series, or a scalar, which is [time, value].
func (d *decoder) prometheusResult(m *matrix) (shape, error) {
	result, element := nothing, 0
	var at int64
	err := d.array(func() error {
		element++
		c, err := d.peek()
		if err != nil {
			return err
		}
		if element == 1 {
			if result = scalar; c == '{' {
				result = several
			}
		}
		switch {
		case result == several:
			return d.prometheusSeries(m)
		case element == 1:
			at, err = d.time()
			return err
		case element == 2:
			v, err := d.value()
			if err != nil {
				return err
			}
			s := Series{Tags: map[string]string{}, Timestamps: []int64{at}, Values: []float64{v}}
			if d.each != nil {
				return d.each("", s)
			}
			m.series = append(m.series, s)
			return nil
		}
		return d.unexpected(c, "the end of a scalar")
	})
	if err == nil && result == scalar && element != 2 {
		err = d.fail("a scalar without a value")
	}
	return result, err
}

// prometheusSeries reads a series, and adds it to m or passes it to each.
func (d *decoder) prometheusSeries(m *matrix) error {
	var s Series
	histograms, passed := false, false
	err := d.object(func(key string) (err error) {
		switch key {
		case "metric":
			s, err = d.identity()
		case "values":
			passed, err = d.pointsOf(&s, "", s.Tags != nil)
		case "value":
			err = d.point(&d.got, d.first, d.last)
		case "histogram", "histograms":
			histograms = true
			err = d.skip()
		default:
			err = d.skip()
		}
		return err
	})
	s.Timestamps, s.Values = d.got.take()
	if histograms {
		m.histograms++
	}
	switch empty := len(s.Values) == 0; {
	case err != nil, empty && (histograms || passed):
		return err
	case d.each != nil:
		return d.each("", s)
	}
	m.series = append(m.series, s)
	return nil
}
