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
)

// Other names that may be in a list.
const (
	otlp    = "otlp"
	console = "console"
)

// namedExporter is an exporter under its name in OTEL_METRICS_EXPORTER.
type namedExporter struct {
	sdkmetric.Exporter
	name string
}

// newExporters makes the exporters of a list, each once, in the list's order. The
// error names every fault; the exporters that come with it are the caller's to shut
// down.
//
// The contrib package holds a lock while it calls a factory, so that the factory of a
// list cannot ask it for the exporters it knows. They are made here as they are there.
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
		return exporter.New(ctx)
	case otlp:
		return newOTLP(ctx)
	case console:
		return stdoutmetric.New()
	case "none":
		return nil, fmt.Errorf("%s: none cannot be in a list with exporters", exporterVariable)
	case "prometheus":
		return nil, fmt.Errorf("%s: prometheus cannot be in a list, because it is scraped: "+
			"give the program a reader for each exporter, in code", exporterVariable)
	case "":
		return nil, fmt.Errorf("%s: a name in the list is empty", exporterVariable)
	}
	return nil, fmt.Errorf("%s: the exporter %.64q cannot be in a list, only otlp, console and apptuit", exporterVariable, name)
}

// newOTLP makes the exporter that the contrib package makes for "otlp".
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
	return nil, fmt.Errorf("%s: the protocol %.64q is not grpc or http/protobuf", variable, protocol)
}

// haveOneCollection returns an error unless one collection suits all exporters.
//
// A reader has one temporality and one aggregation for a kind of instrument. The
// temporality must be cumulative: a collection resets delta sums, so that two
// exporters could not collect independently of each other.
func haveOneCollection(exporters []namedExporter) error {
	var faults []error
	for _, e := range exporters {
		for kind := sdkmetric.InstrumentKindCounter; kind <= sdkmetric.InstrumentKindGauge; kind++ {
			if e.Temporality(kind) != metricdata.CumulativeTemporality {
				faults = append(faults, fmt.Errorf("%s: exporters in a list need cumulative temporality, and %s has another (%s)",
					exporterVariable, e.name, temporalityVariables(e.name)))
				break
			}
		}
		first := exporters[0]
		for kind := sdkmetric.InstrumentKindCounter; kind <= sdkmetric.InstrumentKindGauge; kind++ {
			if !reflect.DeepEqual(e.Aggregation(kind), first.Aggregation(kind)) {
				faults = append(faults, fmt.Errorf("%s: exporters in a list need the same default aggregation, and %s has another than %s (%s)",
					exporterVariable, e.name, first.name, aggregationVariables(first.name, e.name)))
				break
			}
		}
	}
	if len(faults) > 0 {
		faults = append(faults, errors.New("to have both, give the program a reader for each exporter, in code"))
	}
	return errors.Join(faults...)
}

func temporalityVariables(name string) string {
	if name == Name {
		return "APPTUIT_TEMPORALITY_PREFERENCE, APPTUIT_LAYOUT"
	}
	return "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
}

func aggregationVariables(names ...string) string {
	var variables []string
	for _, name := range names {
		switch name { // The console's cannot be configured.
		case Name:
			variables = append(variables, "APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION, APPTUIT_LAYOUT")
		case otlp:
			variables = append(variables, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION")
		}
	}
	return strings.Join(variables, ", ")
}
