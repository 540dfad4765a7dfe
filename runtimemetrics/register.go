// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// createAll makes the instruments of rows and says what is to be observed.
func createAll(meter metric.Meter, rows []instrument, tags []attribute.KeyValue) ([]observation, []metric.Observable, error) {
	var (
		observations []observation
		observables  []metric.Observable
	)
	for _, row := range rows {
		made, err := create(meter, row)
		if err != nil {
			return nil, nil, fmt.Errorf("runtimemetrics: instrument %s: %w", row.name, err)
		}
		if made.integers != nil {
			observables = append(observables, made.integers)
		} else {
			observables = append(observables, made.floats)
		}
		for _, p := range row.points {
			made.field = p.field
			made.options = []metric.ObserveOption{metric.WithAttributeSet(p.set(tags))}
			observations = append(observations, made)
		}
	}
	return observations, observables, nil
}

func (p point) set(tags []attribute.KeyValue) attribute.Set {
	tags = slices.Clone(tags)
	if p.attr.Valid() {
		tags = append(tags, p.attr)
	}
	return attribute.NewSet(tags...)
}

// create makes the instrument of a row.
func create(meter metric.Meter, row instrument) (made observation, err error) {
	about, unit := metric.WithDescription(row.description), metric.WithUnit(row.unit)
	switch {
	case row.kind == counter && row.number == integer:
		made.integers, err = meter.Int64ObservableCounter(row.name, about, unit)
	case row.kind == counter:
		made.floats, err = meter.Float64ObservableCounter(row.name, about, unit)
	case row.kind == upDownCounter && row.number == integer:
		made.integers, err = meter.Int64ObservableUpDownCounter(row.name, about, unit)
	case row.kind == upDownCounter:
		made.floats, err = meter.Float64ObservableUpDownCounter(row.name, about, unit)
	case row.kind == gauge && row.number == integer:
		made.integers, err = meter.Int64ObservableGauge(row.name, about, unit)
	case row.kind == gauge:
		made.floats, err = meter.Float64ObservableGauge(row.name, about, unit)
	default:
		err = fmt.Errorf("a %s cannot be observed", row.kind)
	}
	return made, err
}
