// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// Name is the value of OTEL_METRICS_EXPORTER that chooses this exporter.
const Name = "apptuit"

const exporterVariable = "OTEL_METRICS_EXPORTER"

// registered holds the names that Register has registered. A name is added after its
// registration, so that the panic of a failed one is repeated at every call.
//
//nolint:gochecknoglobals // the contrib registry is of the process, and refuses a second registration
var registered = struct {
	sync.Mutex
	names map[string]bool
}{names: make(map[string]bool)}

// Register makes [Name] a value of OTEL_METRICS_EXPORTER for
// autoexport.NewMetricReader of the contrib package, also in a list with others, as
// the package comment describes. It makes runtime a value of OTEL_METRICS_PRODUCERS
// for all exporters.
//
// Call it before the reader is made. The contrib package looks up a list as one name,
// so Register registers "otlp,apptuit" and "apptuit,otlp", and the value of
// OTEL_METRICS_EXPORTER at the time of the call. A program that changes the
// variable later calls Register again.
//
// It may be called more than once, also concurrently: a name is registered once. It
// panics, at every call, if another package has registered a name before; one that
// does it later meets the contrib package's own panic.
func Register() {
	registered.Lock()
	defer registered.Unlock()
	lists := []string{Name, otlp + "," + Name, Name + "," + otlp}
	if text := os.Getenv(exporterVariable); slices.Contains(split(text), Name) {
		lists = append(lists, text)
	}
	for _, list := range lists {
		once("exporter", list, func() {
			autoexport.RegisterMetricReader(list, func(ctx context.Context) (sdkmetric.Reader, error) { return newReader(ctx, list) })
		})
	}
	once("producer", runtimeProducer, func() {
		autoexport.RegisterMetricProducer(runtimeProducer, func(context.Context) (sdkmetric.Producer, error) {
			return runtimemetrics.NewCompleteProducer(), nil
		})
	})
}

// once registers a name, if Register has not done so before.
func once(kind, name string, register func()) {
	if registered.names[kind+name] {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Errorf("apptuit autoexport: the program registers a metrics %s %q of its own: %v", kind, name, r))
		}
	}()
	register()
	registered.names[kind+name] = true
}
