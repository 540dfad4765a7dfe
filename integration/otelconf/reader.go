// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/bridges/prometheus"
	contrib "go.opentelemetry.io/contrib/otelconf"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// batchKey is a key in development, which otelconf ignores.
const batchKey = "max_export_batch_size/development"

// reader is a periodic reader of the document with the exporter apptuit.
type reader struct {
	at value // the exporter

	interval, timeout *time.Duration
	maxExportBatch    int // data points; 0 for no limit
	limits            *contrib.CardinalityLimits
	prometheus        bool // has the producer prometheus
	runtime           bool // has the producer runtime
	settings          settings
}

// readers decodes the readers that export to Apptuit, and removes them from the document, so
// that otelconf gets the other readers. Of these it checks only the names of exporters and
// producers; otelconf checks the rest.
func (d *decoding) readers(root value) []*reader {
	var ours []*reader
	list := root.child("meter_provider").child("readers")
	for i, item := range list.items() {
		periodic := item.child("periodic")
		push := periodic.child("exporter")
		at := push.child(exporterName)
		if at.key == nil {
			push.knownExporters()
			periodic.noProducer()
			item.child("pull").noProducer()
			continue
		}
		d.used[at.key] = true
		for _, key := range push.node.Content { // a duplicate is a fault of its own
			d.used[key] = true
		}
		r := &reader{at: at}
		r.read(item, periodic)
		r.settings.read(at)
		ours = append(ours, r)
		list.node.Content[i] = nil
	}
	if len(ours) > 0 {
		list.node.Content = slices.DeleteFunc(list.node.Content, func(n *yaml.Node) bool { return n == nil })
	}
	return ours
}

// knownExporters adds a fault for each unknown name of an exporter. Otelconf's error would
// not name it.
func (v value) knownExporters() {
	known := []string{exporterName}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[contrib.PushMetricExporter]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
			known = append(known, name)
		}
	}
	for _, f := range v.fields(nil) {
		if !slices.Contains(known, f.name) && !strings.EqualFold(f.name, exporterName) {
			v.unknown("exporter", f, known)
		}
	}
}

// read decodes the reader without the keys of its exporter.
func (r *reader) read(item, periodic value) {
	for _, other := range item.fields(nil) {
		switch other.name {
		case "periodic":
		case "pull":
			other.fault("a reader is either periodic or pull, and this one is periodic")
		default:
			item.unknown("key", other, []string{"periodic", "pull"})
		}
	}
	for _, other := range periodic.child("exporter").fields(func(value) {}) {
		if other.name != exporterName {
			other.fault("a reader has one exporter, here apptuit: put this one into a reader of its own")
		}
	}
	for _, f := range periodic.mapping("interval", "timeout", batchKey, "exporter", "producers", "cardinality_limits") {
		switch f.name {
		case "interval":
			r.interval = f.optionalMilliseconds()
		case "timeout":
			r.timeout = f.optionalMilliseconds()
		case batchKey:
			r.maxExportBatch, _ = f.count()
		case "producers":
			r.readProducers(f)
		case "cardinality_limits":
			_ = f.node.Decode(&r.limits) // the loop below reports the faults
			for _, limit := range f.mapping("default", "counter", "gauge", "histogram", "observable_counter", "observable_gauge",
				"observable_up_down_counter", "up_down_counter") {
				limit.count()
			}
		}
	}
}

func (v value) optionalMilliseconds() *time.Duration {
	if d, ok := v.milliseconds(); ok {
		return &d
	}
	return nil
}

// Names of the producers that a reader with the exporter apptuit supports.
const (
	prometheusProducer = "prometheus"
	runtimeProducer    = "runtime"
)

// noProducer adds a fault for the producer runtime in a reader that otelconf creates, which
// would ignore it.
func (v value) noProducer() {
	for _, item := range v.child("producers").items() {
		if f := item.child(runtimeProducer); f.key != nil {
			f.fault("has no effect in a reader without the exporter apptuit: move it to a reader with apptuit, or call runtimemetrics.Start in the program")
		}
	}
}

// readProducers decodes the producers of the reader. Otelconf ignores unknown ones; here they
// are faults.
func (r *reader) readProducers(v value) {
	items, _ := v.list("mappings")
	for _, item := range items {
		if item.node.Kind != yaml.MappingNode {
			item.fault(`must be a mapping: write a colon after the name, as in "runtime:"`)
		}
		for _, f := range item.fields(nil) {
			switch f.name {
			case prometheusProducer:
				r.prometheus = true
			case runtimeProducer:
				r.runtime = true
			default:
				f.path = item.path
				f.fault("only the producers prometheus and runtime are supported")
				continue
			}
			if !f.null() && (f.node.Kind != yaml.MappingNode || len(f.node.Content) > 0) {
				f.fault("must be empty: the producer has no keys")
			}
		}
	}
}

// start creates the reader and its exporter. Keys override options that the program sets.
func (r *reader) start(c *config) (started, []error) {
	exp, err := exporter.New(c.ctx, append(slices.Clone(c.exporter), r.settings.options()...)...)
	if err != nil {
		return started{}, r.explain(err)
	}
	return started{sdkmetric.NewPeriodicReader(exp, r.options(c.producers)...), exp}, nil
}

func (r *reader) options(producers []sdkmetric.Producer) []sdkmetric.PeriodicReaderOption {
	var options []sdkmetric.PeriodicReaderOption
	if r.interval != nil {
		options = append(options, sdkmetric.WithInterval(*r.interval))
	}
	if r.timeout != nil {
		options = append(options, sdkmetric.WithTimeout(*r.timeout))
	}
	if r.maxExportBatch > 0 {
		options = append(options, sdkmetric.WithMaxExportBatchSize(r.maxExportBatch))
	}
	if r.limits != nil {
		options = append(options, sdkmetric.WithCardinalityLimitSelector(cardinalityLimit(r.limits)))
	}
	if r.prometheus {
		options = append(options, sdkmetric.WithProducer(prometheus.NewMetricProducer()))
	}
	if r.runtime {
		options = append(options, sdkmetric.WithProducer(runtimemetrics.NewCompleteProducer()))
	}
	for _, p := range producers {
		options = append(options, sdkmetric.WithProducer(p))
	}
	return options
}

// cardinalityLimit returns the selector of a reader's limits: the limit of the instrument
// kind, or else the default of the reader, or else that of the SDK.
func cardinalityLimit(limits *contrib.CardinalityLimits) sdkmetric.CardinalityLimitSelector {
	kinds := map[sdkmetric.InstrumentKind]*int{
		sdkmetric.InstrumentKindCounter:                 limits.Counter,
		sdkmetric.InstrumentKindUpDownCounter:           limits.UpDownCounter,
		sdkmetric.InstrumentKindHistogram:               limits.Histogram,
		sdkmetric.InstrumentKindGauge:                   limits.Gauge,
		sdkmetric.InstrumentKindObservableCounter:       limits.ObservableCounter,
		sdkmetric.InstrumentKindObservableUpDownCounter: limits.ObservableUpDownCounter,
		sdkmetric.InstrumentKindObservableGauge:         limits.ObservableGauge,
	}
	return func(kind sdkmetric.InstrumentKind) (limit int, fallback bool) {
		switch n := kinds[kind]; {
		case n != nil:
			return *n, false
		case limits.Default != nil:
			return *limits.Default, false
		}
		return 0, true
	}
}
