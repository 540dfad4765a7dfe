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
)

const producersVariable = "OTEL_METRICS_PRODUCERS"

// readProducers returns the options for OTEL_METRICS_PRODUCERS. A text is
// accepted when the contrib package accepts it for its own exporters: names in
// exactly these letters, in any order, however often. The error names each that
// is not.
func readProducers() ([]sdkmetric.PeriodicReaderOption, error) {
	list := os.Getenv(producersVariable)
	if list == "" {
		return nil, nil
	}
	var bridge bool
	var faults []error
	for name := range strings.SplitSeq(list, ",") {
		switch name {
		case "prometheus":
			bridge = true
		case "none":
		default:
			faults = append(faults, fmt.Errorf("%s: the producer %.64q is not available to this exporter, only prometheus and none",
				producersVariable, name))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if !bridge {
		return nil, nil
	}
	return []sdkmetric.PeriodicReaderOption{sdkmetric.WithProducer(prometheus.NewMetricProducer())}, nil
}
