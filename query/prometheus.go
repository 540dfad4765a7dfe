// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// PrometheusError is the error of a Prometheus-compatible server.
type PrometheusError struct{ Type, Message string }

// Error gives type and message, shortened, on one line.
func (e *PrometheusError) Error() string {
	text := strings.Join(strings.Fields(e.Type+": "+e.Message), " ")
	return fmt.Sprintf("%.300s", strings.TrimSuffix(text, ":"))
}

// matrix is the answer to one range of a PromQL query.
type matrix struct {
	series     []Series
	warnings   []string
	histograms int // series of which those were left out
}

var (
	errNoStatus = errors.New("no status in the answer: not a Prometheus query endpoint")
	errNoData   = errors.New("no data in the answer")
)

// decodePrometheus reads an answer of Prometheus' HTTP API: a matrix, vector or
// scalar, whatever the order of its keys.
func decodePrometheus(r io.Reader) (*matrix, error) {
	d := &decoder{scanner: newScanner(r), first: math.MinInt64, last: math.MaxInt64}
	m := &matrix{}
	var status string
	found := false
	var failure PrometheusError
	err := d.object(func(key string) (err error) {
		switch key {
		case "status":
			status, err = d.name()
		case "data":
			found = true
			err = d.data(m)
		case "errorType":
			failure.Type, err = d.optional()
		case "error":
			failure.Message, err = d.optional()
		case "warnings":
			err = d.array(func() error {
				text, err := d.name()
				m.warnings = append(m.warnings, text)
				return err
			})
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
	case !found:
		err = errNoData
	}
	if m.histograms > 0 {
		m.warnings = append(m.warnings, fmt.Sprintf("the native histograms of %d series are left out: ask for histogram_quantile, histogram_count or histogram_sum of them", m.histograms))
	}
	return m, err
}

// optional reads a string, or null, which is none.
func (d *decoder) optional() (string, error) {
	if null, err := d.null(); null || err != nil {
		return "", err
	}
	return d.name()
}

func (d *decoder) data(m *matrix) error {
	kind, result := "", absent
	err := d.object(func(key string) (err error) {
		switch key {
		case "resultType":
			if kind, err = d.name(); err == nil {
				err = d.hasPoints(kind) // before the result, which may be anything
			}
		case "result":
			result, err = d.prometheusResult(m)
		default:
			err = d.skip()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case kind == "":
		return d.fail("a result without a type")
	case result == absent, kind == "scalar" && result != scalar, kind != "scalar" && result == scalar:
		return d.fail("%s where a %s is expected", result, kind)
	}
	return nil
}

// shape is what a result looks like.
type shape string

const (
	absent  shape = "no result"
	nothing shape = "nothing"
	several shape = "series"
	scalar  shape = "a scalar"
)

// hasPoints checks the type of a result.
func (d *decoder) hasPoints(kind string) error {
	switch kind {
	case "matrix", "vector", "scalar":
		return nil
	}
	return d.fail("result of type %q: only matrix, vector and scalar have points", kind)
}

// prometheusResult reads an array of series, or [time, value], which is a
// scalar.
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
			m.series = append(m.series, Series{Tags: map[string]string{}, Timestamps: []int64{at}, Values: []float64{v}})
			return err
		}
		return d.unexpected(c, "the end of a scalar")
	})
	if err == nil && result == scalar && element != 2 {
		err = d.fail("a scalar without a value")
	}
	return result, err
}

func (d *decoder) prometheusSeries(m *matrix) error {
	var s Series
	histograms := false
	err := d.object(func(key string) (err error) {
		switch key {
		case "metric":
			s.Tags, err = d.tags()
		case "values":
			err = d.points(&d.got, d.first, d.last)
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
	s.Metric = s.Tags["__name__"]
	delete(s.Tags, "__name__")
	if histograms {
		m.histograms++
	}
	if len(s.Values) > 0 || !histograms {
		m.series = append(m.series, s)
	}
	return err
}
