// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"strings"
)

// PrometheusError is an error in an answer with status 200. Prometheus-compatible servers
// send it with other statuses as well, which makes it an *apptuitclient.StatusError.
//
// Both texts are the server's own, on one line and without secrets. A type of more than 100
// bytes, and a message of more than 3,900, is cut.
type PrometheusError struct{ Type, Message string }

const maxType, maxMessage = 100, 3900

// cut shortens a text to a number of bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Error gives type and message.
func (e *PrometheusError) Error() string {
	return strings.TrimSuffix(strings.TrimPrefix(e.Type+": "+e.Message, ": "), ": ")
}

// Notes are remarks of a server about its answer.
type Notes struct {
	// Warnings and Infos are Prometheus' annotations, each text once.
	Warnings, Infos []string
	// Partial says that the server could not read all of its data, so that points may be
	// missing or wrong: VictoriaMetrics' isPartial.
	Partial bool
}

// noted collects notes, each text once.
type noted struct {
	Notes
	warned, informed map[string]bool
}

func (n *noted) note(more Notes) {
	n.Partial = n.Partial || more.Partial
	n.Warnings = addNew(n.Warnings, &n.warned, more.Warnings)
	n.Infos = addNew(n.Infos, &n.informed, more.Infos)
}

// addNew adds texts that are not in seen yet.
func addNew(texts []string, seen *map[string]bool, more []string) []string {
	for _, text := range more {
		if (*seen)[text] {
			continue
		}
		if *seen == nil {
			*seen = make(map[string]bool)
		}
		(*seen)[text] = true
		texts = append(texts, text)
	}
	return texts
}

// matrix is the answer to one range of a PromQL query.
type matrix struct {
	Notes
	series     []Series
	histograms int // series whose native histograms were left out
}

var errNoStatus = errors.New("no status in the answer: not a Prometheus query endpoint")

// statusError is the status of an answer that is an error.
const statusError = "error"

// envelope reads an answer of Prometheus' HTTP API, whatever the order of its keys. data
// reads the value of the key of that name. An answer without data is an empty one.
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
				return d.skip() // it may have any form
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

// texts reads an array of strings.
func (d *decoder) texts(into *[]string) error {
	return d.array(func() error {
		text, err := d.name()
		*into = append(*into, text)
		return err
	})
}

// optional reads a string, or null, which is none.
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
		m.Warnings = append(m.Warnings, fmt.Sprintf("the native histograms of %d series are left out: ask for histogram_quantile, histogram_count or histogram_sum of them", m.histograms))
	}
	return m, err
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
