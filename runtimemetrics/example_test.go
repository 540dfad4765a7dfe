// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics_test

import (
	"context"
	"fmt"
	"log"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

func Example() {
	// A program has metric.NewPeriodicReader(exporter, …) here.
	reader := metric.NewManualReader(metric.WithProducer(runtimemetrics.NewProducer()))
	provider := metric.NewMeterProvider(metric.WithReader(reader))

	registration, err := runtimemetrics.Start(runtimemetrics.WithMeterProvider(provider))
	if err != nil {
		log.Fatal(err)
	}

	var collected metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &collected); err != nil {
		log.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch m.Name {
			case "process.cpu.time", "go.goroutine.count", "go.schedule.duration":
				fmt.Println(m.Name, m.Unit)
			}
		}
	}

	if err := registration.Unregister(); err != nil {
		log.Fatal(err)
	}
	// Unordered output:
	// process.cpu.time s
	// go.goroutine.count {goroutine}
	// go.schedule.duration s
}
