// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"strings"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// ParseTemporalityPreference returns the selector with the given name: cumulative, delta or
// low_memory (also lowmemory). It ignores case. The specification of the OTLP metrics exporter
// defines these names and selectors.
func ParseTemporalityPreference(name string) (sdkmetric.TemporalitySelector, error) {
	switch strings.ToLower(name) {
	case "cumulative":
		return sdkmetric.CumulativeTemporalitySelector, nil
	case "delta":
		return sdkmetric.DeltaTemporalitySelector, nil
	case "low_memory", "lowmemory":
		return sdkmetric.LowMemoryTemporalitySelector, nil
	}
	return nil, fmt.Errorf("temporality preference %q: must be cumulative, delta or low_memory", name)
}

// ParseHistogramAggregation returns a selector with the given default aggregation for
// histograms: explicit_bucket_histogram or base2_exponential_bucket_histogram. It ignores
// case. Other instruments get the default aggregation of the SDK. The specification of the OTLP
// metrics exporter defines these names.
func ParseHistogramAggregation(name string) (sdkmetric.AggregationSelector, error) {
	switch strings.ToLower(name) {
	case "explicit_bucket_histogram":
		return sdkmetric.DefaultAggregationSelector, nil
	case "base2_exponential_bucket_histogram":
		return exponentialAggregation, nil
	}
	return nil, fmt.Errorf("histogram aggregation %q: must be explicit_bucket_histogram or base2_exponential_bucket_histogram", name)
}
