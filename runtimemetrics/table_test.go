// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// reported describes a metric as the table does.
type reported struct {
	Unit, Description string
	Kind              kind
	Number            number
	Series            []string
}

func TestStart_ReportsEveryRowOfTheTable(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40)) // go.memory.limit exists only with a limit.
	runtime.GC()                                              // Before the first GC, the runtime has no CPU times.

	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(NewProducer()))
	startOn(t, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))

	got := make(map[string]reported)
	for _, scope := range collect(t, reader).ScopeMetrics {
		for _, m := range scope.Metrics {
			if _, twice := got[m.Name]; twice {
				t.Errorf("%s is reported twice", m.Name)
			}
			got[m.Name] = describe(t, m)
		}
	}

	want := make(map[string]reported)
	for _, row := range table() {
		if row.platforms&here() == 0 {
			continue
		}
		d := reported{Unit: row.unit, Description: row.description, Kind: row.kind, Number: row.number}
		for _, p := range row.points {
			d.Series = append(d.Series, seriesOf(row.name, p.set(nil)))
		}
		if len(row.points) == 0 {
			d.Series = []string{row.name}
		}
		want[row.name] = d
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("reported metrics differ from the table (-want +got):\n%s", diff)
	}
}

func describe(t *testing.T, m metricdata.Metrics) reported {
	t.Helper()
	d := reported{Unit: m.Unit, Description: m.Description}
	sum := func(monotonic bool, temporality metricdata.Temporality) {
		d.Kind = upDownCounter
		if monotonic {
			d.Kind = counter
		}
		if temporality != metricdata.CumulativeTemporality {
			t.Errorf("%s: temporality %v", m.Name, temporality)
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		sum(data.IsMonotonic, data.Temporality)
		d.Number = integer
	case metricdata.Sum[float64]:
		sum(data.IsMonotonic, data.Temporality)
		d.Number = float
	case metricdata.Gauge[int64]:
		d.Kind, d.Number = gauge, integer
	case metricdata.Gauge[float64]:
		d.Kind, d.Number = gauge, float
	case metricdata.Histogram[float64]:
		d.Kind, d.Number = histogram, float
	}
	one := metricdata.ResourceMetrics{ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{m}}}}
	for series, value := range values(one) {
		if value < 0 || math.IsNaN(value) || math.IsInf(value, 0) {
			t.Errorf("%s is %v", series, value)
		}
		d.Series = append(d.Series, series)
	}
	return d
}

func TestTable_IsConsistent(t *testing.T) {
	names := make(map[string]bool)
	used := make(map[field]string)
	for _, row := range table() {
		if names[row.name] {
			t.Errorf("%s is in the table twice", row.name)
		}
		names[row.name] = true
		if row.unit == "" || row.description == "" || row.kind == "" || row.number == "" || row.platforms == 0 {
			t.Errorf("%s is incomplete: %+v", row.name, row)
		}
		prefix := "go."
		if row.group == process {
			prefix = "process."
		}
		if !strings.HasPrefix(row.name, prefix) {
			t.Errorf("%s does not begin with %s", row.name, prefix)
		}
		if row.group == contrib || row.group == producer {
			continue
		}
		if len(row.points) == 0 {
			t.Errorf("%s has no point", row.name)
		}
		for _, p := range row.points {
			if other, taken := used[p.field]; taken {
				t.Errorf("%s and %s report the same field", other, row.name)
			}
			used[p.field] = row.name
			if p.source == "" {
				t.Errorf("%s: field %d has no source", row.name, p.field)
			}
			if p.attr.Valid() != (len(row.points) > 1) {
				t.Errorf("%s: the attributes do not distinguish its points", row.name)
			}
		}
	}
	for f := range fieldCount {
		if _, ok := used[f]; !ok && f != goCPUTotal { // The divisor of go.memory.gc.cpu.utilization.
			t.Errorf("no instrument reports field %d", f)
		}
	}
}
