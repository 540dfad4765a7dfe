// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/metric"
)

// recorder is a MeterProvider that keeps the registrations of callbacks. contrib
// discards them, and so cannot unregister its callbacks.
type recorder struct {
	metric.MeterProvider
	tags          metric.MeasurementOption // nil: none
	registrations []metric.Registration
}

func (r *recorder) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return &recordingMeter{Meter: r.MeterProvider.Meter(name, opts...), recorder: r}
}

type recordingMeter struct {
	metric.Meter
	recorder *recorder
}

func (m *recordingMeter) RegisterCallback(callback metric.Callback, instruments ...metric.Observable) (metric.Registration, error) {
	if tags := m.recorder.tags; tags != nil {
		untagged := callback
		callback = func(ctx context.Context, o metric.Observer) error {
			return untagged(ctx, taggingObserver{Observer: o, tags: tags})
		}
	}
	registration, err := m.Meter.RegisterCallback(callback, instruments...)
	if err == nil {
		m.recorder.registrations = append(m.recorder.registrations, registration)
	}
	return registration, err
}

// taggingObserver adds attributes to every observation.
type taggingObserver struct {
	metric.Observer
	tags metric.MeasurementOption
}

func (o taggingObserver) ObserveInt64(inst metric.Int64Observable, value int64, opts ...metric.ObserveOption) {
	o.Observer.ObserveInt64(inst, value, append(slices.Clip(opts), o.tags)...)
}

func (o taggingObserver) ObserveFloat64(inst metric.Float64Observable, value float64, opts ...metric.ObserveOption) {
	o.Observer.ObserveFloat64(inst, value, append(slices.Clip(opts), o.tags)...)
}
