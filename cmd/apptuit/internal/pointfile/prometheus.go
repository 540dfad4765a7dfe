// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"errors"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	points "github.com/apptuitai/apptuit-go/internal/model"
)

// prometheus reads the text format of scrapes. It parses each sample on its own, so that a file need not
// fit into memory, and a histogram is not assembled from its samples.
type prometheus struct {
	parser expfmt.TextParser
	line   []byte
	reader bytes.Reader
}

func newPrometheus() *prometheus {
	return &prometheus{parser: expfmt.NewTextParser(model.UTF8Validation)}
}

func (*prometheus) end(text []byte, eof bool) (int, error) { return lineEnd(text, eof) }

func (f *prometheus) parse(record []byte) (Point, bool, error) {
	record = bytes.TrimSpace(record)
	if len(record) == 0 || record[0] == '#' {
		return Point{}, false, nil
	}
	f.line = append(append(f.line[:0], record...), '\n')
	f.reader.Reset(f.line)
	families, err := f.parser.TextToMetricFamilies(&f.reader)
	if err != nil {
		if where, ok := errors.AsType[expfmt.ParseError](err); ok {
			err = errors.New(where.Msg)
		}
		return Point{}, false, err
	}
	p, ok := Point{}, false
	for name, family := range families { // one family, with one sample
		for _, m := range family.GetMetric() {
			p, ok = Point{Metric: name, Tags: make(map[string]string, len(m.GetLabel()))}, true
			for _, l := range m.GetLabel() {
				p.Tags[l.GetName()] = l.GetValue()
			}
			if m.TimestampMs != nil {
				p.Time = time.UnixMilli(m.GetTimestampMs())
			}
			p.Value = points.Float(m.GetUntyped().GetValue())
			p.Missing = p.Value.NaN()
		}
	}
	if !ok {
		return Point{}, false, errors.New("it is not a sample")
	}
	return p, true, nil
}
