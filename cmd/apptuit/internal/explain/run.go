// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/otlpjson"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// run is the state of one explanation.
type run struct {
	*question
	report   Report
	findings []Finding

	client   *apptuitclient.Client
	exporter *exporter.Exporter
	answers  answers

	all    []dataPoint    // the newest data point of each series
	index  map[string]int // indexes of all, by series
	chosen []dataPoint    // the data points in question
	dumped bool           // the data points come from a dump

	stored bool   // the server has all series that were looked for
	where  string // text for the verdict: a series and its last value
}

// dataPoint is a data point of an export.
type dataPoint struct {
	explain.DataPoint
	export *metricdata.ResourceMetrics
	index  int // of the data point in its export
}

// names returns the metrics that the data point becomes, including metrics whose points are rejected.
func (p *dataPoint) names() (names []string) {
	for _, one := range p.Points {
		names = append(names, one.Metric)
	}
	for _, r := range p.Rejected {
		names = append(names, r.Metric)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
}

// pointsOf returns the points of a metric, or all points if metric is the name of the instrument.
func (p *dataPoint) pointsOf(metric string) []explain.Point {
	of := slices.DeleteFunc(slices.Clone(p.Points), func(one explain.Point) bool { return one.Metric != metric })
	if len(of) == 0 && p.Spec.Name == metric {
		return p.Points
	}
	return of
}

// configure creates client and exporter as the program would, from the environment and the flags.
// It reports false if the configuration has a fault.
func (x *run) configure() bool {
	options := append(slices.Clone(x.options), apptuitclient.WithRetry(apptuitclient.RetryConfig{}), apptuitclient.WithoutSpool(),
		apptuitclient.WithWarningHandler(func(error) {}))
	var err error
	if x.client, err = apptuitclient.New(options...); err == nil {
		client.Of(x.client).Observe(x.answers.around)
		x.exporter, err = exporter.New(context.Background(), exporter.WithClient(x.client), exporter.WithoutSelfMetrics())
	} else if _, all := exporter.New(context.Background(), exporter.WithClientOptions(options...), exporter.WithoutSelfMetrics()); all != nil {
		err = all // has the faults of the client, too
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			x.add(isCause, "configuration", "Correct the configuration: with it, the exporter of the program does not start. Options that the program sets in code are missing here.",
				"the configuration has a fault: %s", strings.TrimPrefix(strings.TrimSpace(line), "apptuit exporter: "))
		}
		return false
	}
	x.suspect()
	return true
}

// suspect looks for environment variables that a program may not read, or that disable its exporter.
func (x *run) suspect() {
	for _, u := range settings.UnknownVariables(os.Environ(), nil) {
		advice := "Remove it."
		if u.Nearest != "" {
			advice = "Did you mean " + u.Nearest + "?"
		}
		x.add(isSuspect, "unknown-variable", advice, "this library does not read the variable %s", u.Name)
	}
	value := func(name string) string { return strings.TrimFunc(os.Getenv(name), env.IsBlank) }
	if strings.EqualFold(value("OTEL_SDK_DISABLED"), "true") {
		x.add(isSuspect, "sdk-disabled", "Remove the variable.", "OTEL_SDK_DISABLED is true: declarative configuration then disables the SDK")
	}
	if name := value("OTEL_CONFIG_FILE"); name != "" {
		x.add(isNote, "config-file", "Give its settings as variables (docs/settings.md has both), in a file of --env-file.", "OTEL_CONFIG_FILE is set: this command does not read %s", name)
	}
	if list := value("OTEL_METRICS_EXPORTER"); list != "" && !slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return strings.TrimSpace(s) == "apptuit" }) {
		x.add(isSuspect, "other-exporter", "Set OTEL_METRICS_EXPORTER=apptuit. Programs that call exporter.New do not read it.",
			"OTEL_METRICS_EXPORTER=%s: programs with autoexport do not use this exporter", list)
	}
}

func (x *run) close() {
	if x.dump != nil {
		_ = x.dump.Close()
	}
	if x.exporter != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = x.exporter.Shutdown(ctx) // there is nothing left to send
	}
	if x.client != nil {
		_ = x.client.Close() // always nil
	}
}

// read explains all data points of the input. It returns an error of the dump.
func (x *run) read(ctx context.Context) error {
	if x.dump == nil {
		x.explain(&metricdata.ResourceMetrics{Resource: x.resource, ScopeMetrics: []metricdata.ScopeMetrics{{Scope: x.scope, Metrics: []metricdata.Metrics{*x.made}}}})
		return nil
	}
	x.dumped = true
	reader := otlpjson.NewReader(x.dump)
	exports := make(chan []*metricdata.ResourceMetrics)
	var fault error
	go func() { // it may wait for standard input longer than this run
		defer close(exports)
		for {
			all, err := reader.Next()
			if err != nil {
				fault = err
				return
			}
			select {
			case exports <- all:
			case <-ctx.Done():
				return
			}
		}
	}()
	for open := true; open; {
		var all []*metricdata.ResourceMetrics
		select {
		case all, open = <-exports:
		case <-ctx.Done():
			return fmt.Errorf("--otlp: the dump has not ended: %w", context.Cause(ctx))
		}
		for _, rm := range all {
			x.explain(rm)
		}
	}
	if !errors.Is(fault, io.EOF) {
		return fmt.Errorf("--otlp: %w", fault)
	}
	if reader.Empty() {
		return errors.New("--otlp: the dump is empty")
	}
	for _, n := range reader.NoValues() {
		if n.Instrument == x.metric {
			x.add(isSuspect, "no-recorded-value", "The program or a receiver has ended the series: look at an earlier part of the dump.",
				"a data point at %s has the flag NO_RECORDED_VALUE, and so no value", n.Time.Format(time.RFC3339))
		}
	}
	if slices.Contains(reader.InstrumentsWithoutData(), x.metric) && !slices.ContainsFunc(x.all, func(p dataPoint) bool { return p.Spec.Name == x.metric }) {
		x.add(isCause, "no-data-points", "The program must record a value before a collection. Callbacks must observe one in each collection.",
			"the instrument %q is in the dump, but without data points", x.metric)
	}
	return nil
}

// explain adds the data points of an export. A data point replaces an earlier one of the same series.
func (x *run) explain(rm *metricdata.ResourceMetrics) {
	resource := rm.Resource.Equivalent()
	for i, p := range explain.Of(x.exporter)(rm) {
		key := fmt.Sprint(resource, p.Scope, p.ScopeVersion, p.Spec, p.Attributes)
		if x.index == nil {
			x.index = map[string]int{}
		}
		if at, ok := x.index[key]; ok {
			x.all[at] = dataPoint{p, rm, i}
			continue
		}
		x.index[key] = len(x.all)
		x.all = append(x.all, dataPoint{p, rm, i})
	}
}

// seriesText returns a series in the notation of PromQL.
func seriesText(metric string, tags map[string]string) string {
	var texts []string
	for _, t := range model.TagsOf(nil, tags) {
		texts = append(texts, fmt.Sprintf("%s=%q", t.Key, t.Value))
	}
	return metric + "{" + strings.Join(texts, ", ") + "}"
}
