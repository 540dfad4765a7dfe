// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// flags are the flags as they were given.
type flags struct {
	connection                    *connection.Flags
	otlp, scope, unit             string
	resource                      []string
	kind, output                  *cli.Choice
	envFile                       string
	send, noQuery                 bool
	since                         when.Duration
	queryEndpoint, prometheusPath string
}

// question is the request of the arguments, complete with the data point or dump.
type question struct {
	metric string
	asked  []model.Tag // tags or attributes that a data point must have
	now    time.Time
	since  time.Duration

	dump     io.ReadCloser       // nil if the data point is made
	made     *metricdata.Metrics // nil if there is a dump
	scope    instrumentation.Scope
	resource *resource.Resource

	options        []apptuitclient.Option
	send, noQuery  bool
	queryEndpoint  string
	prometheusPath string
}

// question parses the arguments. The error joins all of their faults.
func (f *flags) question(c *cobra.Command, args []string, now time.Time) (*question, error) {
	q := &question{
		metric: args[0], now: now, since: time.Duration(f.since),
		send: f.send, noQuery: f.noQuery, queryEndpoint: f.queryEndpoint, prometheusPath: f.prometheusPath,
	}
	var faults []error
	if q.metric == "" {
		faults = append(faults, errors.New("METRIC is empty"))
	}
	attributes, asked, err := pairs("", args[1:])
	faults = append(faults, err)
	resourceAttributes, of, err := pairs("--resource ", f.resource)
	faults = append(faults, err)
	q.asked = asked
	q.options, err = f.connection.Options()
	faults = append(faults, err)
	if f.queryEndpoint != "" {
		if _, err := connection.ParseURL(f.queryEndpoint); err != nil {
			faults = append(faults, fmt.Errorf("--query-endpoint: %w", err))
		}
	}
	for _, name := range []string{"resource", "scope", "unit", "kind"} {
		if f.otlp != "" && c.Flags().Changed(name) {
			faults = append(faults, fmt.Errorf("--%s and --otlp exclude each other: the dump has the %s", name, name))
		}
	}
	if len(faults) > 0 && errors.Join(faults...) != nil {
		return nil, cli.Usage(errors.Join(faults...))
	}
	if f.otlp != "" {
		if q.dump, err = open(f.otlp, c.InOrStdin()); err != nil {
			return nil, fmt.Errorf("--otlp: %w", err)
		}
		return q, nil
	}
	q.asked = append(q.asked, of...)
	q.scope.Name, q.scope.Version, _ = strings.Cut(f.scope, "@")
	q.made = madeMetric(q.metric, f.unit, f.kind.String(), attribute.NewSet(attributes...), now)
	// The SDK logs errors of the variables, and uses the others.
	environment, _ := resource.New(context.Background(), resource.WithFromEnv())
	q.resource, err = resource.Merge(environment, resource.NewSchemaless(resourceAttributes...))
	return q, err
}

// pairs parses texts KEY=VALUE. Errors begin with prefix, which names the flag.
func pairs(prefix string, texts []string) (attributes []attribute.KeyValue, tags []model.Tag, err error) {
	var faults []error
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			faults = append(faults, fmt.Errorf("%s%q is not of the form KEY=VALUE", prefix, text))
			continue
		}
		attributes, tags = append(attributes, attribute.String(key, value)), append(tags, model.Tag{Key: key, Value: value})
	}
	return attributes, tags, errors.Join(faults...)
}

// open opens a file, or standard input for "-".
func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}

// kinds returns the kinds of instruments, the default first.
func kinds() []string {
	return []string{"gauge", "counter", "updowncounter", "histogram", "exponential", "summary"}
}

// madeMetric returns an instrument with one data point, whose value is 1.
func madeMetric(name, unit, kind string, set attribute.Set, now time.Time) *metricdata.Metrics {
	const cumulative = metricdata.CumulativeTemporality
	start := now.Add(-time.Minute)
	numbers := []metricdata.DataPoint[float64]{{Attributes: set, StartTime: start, Time: now, Value: 1}}
	m := &metricdata.Metrics{Name: name, Unit: unit}
	switch kind {
	case "counter":
		m.Data = metricdata.Sum[float64]{DataPoints: numbers, Temporality: cumulative, IsMonotonic: true}
	case "updowncounter":
		m.Data = metricdata.Sum[float64]{DataPoints: numbers, Temporality: cumulative}
	case "histogram":
		m.Data = metricdata.Histogram[float64]{Temporality: cumulative, DataPoints: []metricdata.HistogramDataPoint[float64]{
			{Attributes: set, StartTime: start, Time: now, Count: 1, Sum: 1, Bounds: []float64{1}, BucketCounts: []uint64{1, 0}},
		}}
	case "exponential":
		m.Data = metricdata.ExponentialHistogram[float64]{Temporality: cumulative, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{
			{Attributes: set, StartTime: start, Time: now, Count: 1, Sum: 1, PositiveBucket: metricdata.ExponentialBucket{Offset: -1, Counts: []uint64{1}}},
		}}
	case "summary":
		m.Data = metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{
			{Attributes: set, StartTime: start, Time: now, Count: 1, Sum: 1, QuantileValues: []metricdata.QuantileValue{{Quantile: 0.5, Value: 1}}},
		}}
	default:
		m.Data = metricdata.Gauge[float64]{DataPoints: numbers}
	}
	return m
}
