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

// Name is the value of OTEL_METRICS_EXPORTER that selects this exporter.
const Name = "apptuit"

const exporterVariable = "OTEL_METRICS_EXPORTER"

// registered contains the names that Register has registered. A name is added after its
// registration, so that each call panics again if the registration fails.
//
//nolint:gochecknoglobals // the registry of the contrib package is global, and panics at a second registration
var registered = struct {
	sync.Mutex
	names map[string]bool
}{names: make(map[string]bool)}

// Register makes [Name] a value of OTEL_METRICS_EXPORTER for autoexport.NewMetricReader of the
// contrib package, alone or in a list, as the package comment describes. It also makes runtime
// a value of OTEL_METRICS_PRODUCERS for all exporters.
//
// Register must be called before the reader is created. The contrib package looks up a list as
// one name. Therefore Register registers "otlp,apptuit", "apptuit,otlp", and the value of
// OTEL_METRICS_EXPORTER at the time of the call, if it contains apptuit. A program that changes
// the variable later must call Register again.
//
// Register may be called several times, also concurrently. It panics, at every call, if another
// package has registered a name before. If another package registers a name later, the
// contrib package panics there.
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

// once calls register for a name, unless Register has registered the name before.
func once(kind, name string, register func()) {
	if registered.names[kind+name] {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Errorf("apptuit autoexport: the program has registered a metrics %s %q of its own: %v", kind, name, r))
		}
	}()
	register()
	registered.names[kind+name] = true
}
