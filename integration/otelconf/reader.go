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

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// batchKey is in development, and otelconf ignores it.
const batchKey = "max_export_batch_size/development"

// reader is a periodic reader of the document that has our exporter.
type reader struct {
	at value // the exporter

	interval, timeout *time.Duration
	maxExportBatch    int // data points; 0 is any number
	limits            *contrib.CardinalityLimits
	prometheus        bool // a producer
	runtime           bool // a producer
	settings          settings
}

// readers decodes the readers that export to Apptuit, and takes them out of the
// document, so that otelconf gets the others. Other readers are otelconf's to
// judge, but for the names of their exporters.
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
		for _, again := range push.node.Content { // is a fault of its own
			d.used[again] = true
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

// knownExporters makes a fault of each name that is no exporter. Otelconf would
// not say which name it does not know.
func (v value) knownExporters() {
	known := []string{exporterName}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[contrib.PushMetricExporter]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
			known = append(known, name)
		}
	}
	for _, f := range v.fields(nil) {
		if !slices.Contains(known, f.name) && !strings.EqualFold(f.name, exporterName) {
			f.path = v.path
			f.fault("%s is not known here%s", harmless(f.name), suggestion(f.name, known))
		}
	}
}

// read decodes all but what is under apptuit.
func (r *reader) read(item, periodic value) {
	for _, other := range item.fields(nil) {
		switch other.name {
		case "periodic":
		case "pull":
			other.fault("a reader is either periodic or pull")
		default:
			other.path = item.path
			other.fault("%s is not known here%s", harmless(other.name), suggestion(other.name, []string{"periodic", "pull"}))
		}
	}
	for _, other := range periodic.child("exporter").fields(func(value) {}) {
		if other.name != exporterName {
			other.fault("a reader has one exporter, and this one has apptuit")
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

// Producers that a reader of ours may have.
const (
	prometheusProducer = "prometheus"
	runtimeProducer    = "runtime"
)

// noProducer makes a fault of our producer in a reader that otelconf makes. Otelconf
// would ignore it.
func (v value) noProducer() {
	for _, item := range v.child("producers").items() {
		if f := item.child(runtimeProducer); f.key != nil {
			f.fault("otelconf ignores the producers of its readers: only one with apptuit can have it; in code, there is runtimemetrics.Start")
		}
	}
}

// readProducers refuses what otelconf ignores.
func (r *reader) readProducers(v value) {
	for _, item := range v.list() {
		if item.node.Kind != yaml.MappingNode {
			item.fault("must be a mapping")
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
				f.fault("must be empty")
			}
		}
	}
}

// start makes the reader and its exporter. The keys beat options in code.
func (r *reader) start(c *config) (started, []error) {
	exp, err := exporter.New(c.ctx, append(slices.Clone(c.exporter), r.settings.options()...)...)
	if err != nil {
		return started{}, r.explain(err)
	}
	if r.settings.lacksToken() && len(c.exporter) == 0 {
		_ = exp.Shutdown(c.ctx)
		return started{}, []error{r.needsToken("for " + apptuitclient.DefaultEndpoint)}
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

// cardinalityLimit prefers the limit of the kind to the default to the SDK's.
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
