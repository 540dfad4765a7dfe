// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Names of other exporters that a list can contain.
const (
	otlp    = "otlp"
	console = "console"
)

// namedExporter is an exporter with its name in OTEL_METRICS_EXPORTER.
type namedExporter struct {
	sdkmetric.Exporter
	name string
}

// newExporters creates the exporters of a list, each once, in the order of the list. The error
// joins all faults. The caller must shut down the exporters that are returned with an error.
//
// The contrib package holds a lock while it calls a factory, so that the factory of a list
// cannot get exporters from it. newExporters creates them as the contrib package does.
func newExporters(ctx context.Context, list string) ([]namedExporter, error) {
	var exporters []namedExporter
	var faults []error
	seen := make(map[string]bool)
	for _, name := range split(list) {
		if seen[name] {
			continue
		}
		seen[name] = true
		e, err := newExporter(ctx, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		exporters = append(exporters, namedExporter{e, name})
	}
	return exporters, errors.Join(faults...)
}

// split returns the names of a list, without white space around them.
func split(list string) []string {
	names := strings.Split(list, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

func newExporter(ctx context.Context, name string) (sdkmetric.Exporter, error) {
	switch name {
	case Name:
		e, err := exporter.New(ctx)
		if err != nil {
			return nil, client.WithoutPrefix(err)
		}
		return e, nil
	case otlp:
		return newOTLP(ctx)
	case console:
		return stdoutmetric.New()
	case "none":
		return nil, fmt.Errorf("%s: none cannot be in a list with exporters", exporterVariable)
	case "prometheus":
		return nil, fmt.Errorf("%s: prometheus cannot be in a list, because it is scraped: "+
			"add a reader for each exporter in code", exporterVariable)
	case "":
		return nil, fmt.Errorf("%s: a name in the list is empty", exporterVariable)
	}
	return nil, fmt.Errorf("%s: exporter %.64q cannot be in a list: only otlp, console and apptuit can", exporterVariable, name)
}

// newOTLP creates the exporter that the contrib package creates for otlp.
func newOTLP(ctx context.Context) (sdkmetric.Exporter, error) {
	variable := "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"
	protocol := os.Getenv(variable)
	if protocol == "" {
		variable = "OTEL_EXPORTER_OTLP_PROTOCOL"
		protocol = os.Getenv(variable)
	}
	switch protocol {
	case "", "http/protobuf":
		return otlpmetrichttp.New(ctx)
	case "grpc":
		return otlpmetricgrpc.New(ctx)
	}
	return nil, fmt.Errorf("%s: must be grpc or http/protobuf, not %.64q", variable, protocol)
}

// checkShared returns an error unless all exporters can share one reader.
//
// A reader has one temporality and one aggregation for each kind of instrument. The
// temporality must be cumulative: a collection resets delta sums, so that two exporters could
// not collect independently of each other.
func checkShared(exporters []namedExporter) error {
	var faults []error
	for _, e := range exporters {
		for kind := sdkmetric.InstrumentKindCounter; kind <= sdkmetric.InstrumentKindGauge; kind++ {
			if e.Temporality(kind) != metricdata.CumulativeTemporality {
				faults = append(faults, fmt.Errorf("%s: all exporters of a list must have cumulative temporality, but %s has another: see %s",
					exporterVariable, e.name, temporalityVariables(e.name)))
				break
			}
		}
		first := exporters[0]
		for kind := sdkmetric.InstrumentKindCounter; kind <= sdkmetric.InstrumentKindGauge; kind++ {
			if !reflect.DeepEqual(e.Aggregation(kind), first.Aggregation(kind)) {
				faults = append(faults, fmt.Errorf("%s: all exporters of a list must have the same default aggregation, but %s has another than %s: see %s",
					exporterVariable, e.name, first.name, aggregationVariables(first.name, e.name)))
				break
			}
		}
	}
	if len(faults) > 0 {
		faults = append(faults, errors.New("for different settings, add a reader for each exporter in code"))
	}
	return errors.Join(faults...)
}

// temporalityVariables returns the variables that set the temporality of an exporter.
func temporalityVariables(name string) string {
	if name == Name {
		return "APPTUIT_TEMPORALITY_PREFERENCE, APPTUIT_LAYOUT"
	}
	return "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
}

// aggregationVariables returns the variables that set the default aggregation of exporters.
func aggregationVariables(names ...string) string {
	var variables []string
	for _, name := range names {
		switch name { // no variable configures that of console
		case Name:
			variables = append(variables, "APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION, APPTUIT_LAYOUT")
		case otlp:
			variables = append(variables, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION")
		}
	}
	return strings.Join(variables, ", ")
}
