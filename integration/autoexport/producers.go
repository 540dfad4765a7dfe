// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/contrib/bridges/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

const (
	producersVariable = "OTEL_METRICS_PRODUCERS"

	// runtimeProducer is the name of the producer that the contrib package does not have.
	runtimeProducer = "runtime"
)

// readProducers returns the producers of OTEL_METRICS_PRODUCERS. As in the contrib package,
// names are case-sensitive, without white space, in any order, and can be repeated. The error
// joins all faults.
func readProducers() ([]sdkmetric.Producer, error) {
	list := os.Getenv(producersVariable)
	if list == "" {
		return nil, nil
	}
	var producers []sdkmetric.Producer
	var faults []error
	seen := make(map[string]bool)
	for name := range strings.SplitSeq(list, ",") {
		if seen[name] {
			continue
		}
		seen[name] = true
		switch name {
		case "prometheus":
			producers = append(producers, prometheus.NewMetricProducer())
		case runtimeProducer:
			producers = append(producers, runtimemetrics.NewCompleteProducer())
		case "none":
		default:
			faults = append(faults, fmt.Errorf("%s: producer %.64q is not available to this exporter: only prometheus, runtime and none are",
				producersVariable, name))
		}
	}
	return producers, errors.Join(faults...)
}
