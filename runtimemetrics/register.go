// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// createAll creates the instruments of rows, and returns an observation for each of their points.
func createAll(meter metric.Meter, rows []instrument, tags []attribute.KeyValue) ([]observation, []metric.Observable, error) {
	var (
		observations []observation
		observables  []metric.Observable
	)
	for _, row := range rows {
		created, err := create(meter, row)
		if err != nil {
			return nil, nil, fmt.Errorf("runtimemetrics: instrument %s: %w", row.name, err)
		}
		if created.integers != nil {
			observables = append(observables, created.integers)
		} else {
			observables = append(observables, created.floats)
		}
		for _, p := range row.points {
			created.field = p.field
			created.options = []metric.ObserveOption{metric.WithAttributeSet(p.set(tags))}
			observations = append(observations, created)
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

// create creates the instrument of a row.
func create(meter metric.Meter, row instrument) (created observation, err error) {
	description, unit := metric.WithDescription(row.description), metric.WithUnit(row.unit)
	switch {
	case row.kind == counter && row.number == integer:
		created.integers, err = meter.Int64ObservableCounter(row.name, description, unit)
	case row.kind == counter:
		created.floats, err = meter.Float64ObservableCounter(row.name, description, unit)
	case row.kind == upDownCounter && row.number == integer:
		created.integers, err = meter.Int64ObservableUpDownCounter(row.name, description, unit)
	case row.kind == upDownCounter:
		created.floats, err = meter.Float64ObservableUpDownCounter(row.name, description, unit)
	case row.kind == gauge && row.number == integer:
		created.integers, err = meter.Int64ObservableGauge(row.name, description, unit)
	case row.kind == gauge:
		created.floats, err = meter.Float64ObservableGauge(row.name, description, unit)
	default:
		err = fmt.Errorf("a %s is not observable", row.kind)
	}
	return created, err
}
