// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// PrometheusError is the error of a Prometheus-compatible server.
type PrometheusError struct{ Type, Message string }

// Error gives type and message.
func (e *PrometheusError) Error() string { return e.Type + ": " + e.Message }

// matrix is the answer to one range of a PromQL query.
type matrix struct {
	series   []Series
	warnings []string
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
			failure.Type, err = d.name()
		case "error":
			failure.Message, err = d.name()
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
		err = &failure
	case !found:
		err = errNoData
	}
	return m, err
}

func (d *decoder) data(m *matrix) error {
	kind := ""
	err := d.object(func(key string) (err error) {
		switch key {
		case "resultType":
			if kind, err = d.name(); err == nil {
				err = d.hasPoints(kind) // before the result, which may be anything
			}
		case "result":
			err = d.prometheusResult(m)
		default:
			err = d.skip()
		}
		return err
	})
	if err == nil && kind == "" {
		err = d.fail("a result without a type")
	}
	return err
}

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
func (d *decoder) prometheusResult(m *matrix) error {
	element := 0
	var at int64
	return d.array(func() error {
		element++
		c, err := d.peek()
		switch {
		case err != nil:
			return err
		case c == '{':
			return d.prometheusSeries(m)
		case element == 1:
			at, err = d.time()
			return err
		case element == 2:
			v, err := d.value()
			m.series = append(m.series, Series{Tags: map[string]string{}, Timestamps: []int64{at}, Values: []float64{v}})
			return err
		}
		return d.unexpected(c, "a series")
	})
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
		m.warnings = append(m.warnings, fmt.Sprintf("native histograms of %s are left out", s.Name()))
	}
	if len(s.Values) > 0 || !histograms {
		m.series = append(m.series, s)
	}
	return err
}
