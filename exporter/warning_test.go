// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// warnings collects what the warning handler of a client gets.
type warnings struct{ got []string }

func (w *warnings) option() apptuitclient.Option {
	return apptuitclient.WithWarningHandler(func(err error) { w.got = append(w.got, err.Error()) })
}

// take returns the warnings since the last call, without what they say to do.
func (w *warnings) take() []string {
	synctest.Wait()
	got := w.got
	w.got = nil
	for i := range got {
		got[i], _, _ = strings.Cut(got[i], ": remove")
		got[i], _, _ = strings.Cut(got[i], ": measurements")
	}
	return got
}

// The SDK's cardinality limit takes effect: one warning for each instrument, and a counter.
func TestOverflow_IsReportedOncePerInstrument(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		var w warnings
		e := newExporter(t, toServer(srv, w.option()))
		reader := sdkmetric.NewManualReader()
		provider := newProvider(reader, "shop", sdkmetric.WithCardinalityLimit(5))
		export := func() {
			t.Helper()
			time.Sleep(time.Minute)
			var rm metricdata.ResourceMetrics
			if err := reader.Collect(t.Context(), &rm); err != nil {
				t.Fatal(err)
			}
			mustExport(t, e, &rm)
		}
		add := func(name string, from, to int) {
			c, _ := provider.Meter("shop/http", metric.WithInstrumentationVersion("1.2")).Int64Counter(name)
			for i := from; i < to; i++ {
				c.Add(t.Context(), 1, metric.WithAttributes(attribute.Int("k", i)))
			}
		}
		overflowed := func() (n string) {
			for _, p := range srv.Take() {
				if p.Metric == "apptuit_reporter_overflowed" {
					n = p.Value.String()
				}
			}
			return n
		}
		add("a", 0, 4)
		export()
		if n := overflowed(); len(w.take()) > 0 || n != "0" {
			t.Errorf("below the limit, overflowed is %s", n)
		}
		add("a", 4, 10)
		export()
		const a = `apptuit: "a" (scope "shop/http@1.2") has reached the SDK's cardinality limit`
		if diff := cmp.Diff([]string{a}, w.take()); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		add("b", 0, 10)
		export()
		if diff := cmp.Diff([]string{strings.Replace(a, `"a"`, `"b"`, 1)}, w.take()); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		time.Sleep(time.Hour) // the series are no longer kept
		export()
		export()
		if got := w.take(); len(got) > 0 {
			t.Errorf("warned again: %v", got)
		}
		// Before the last Export, there were one, two and two data points.
		if n, s := overflowed(), e.Stats(); n != "5" || s.Overflowed != 7 {
			t.Errorf("the counter is %s, the statistics have %d", n, s.Overflowed)
		}
	})
}

func TestCardinalityWarning(t *testing.T) {
	const warned = `apptuit: "n" (scope "") has 11 series, more than the 10 of the cardinality warning`
	for name, c := range map[string]struct {
		variable string
		options  []Option
		want     []string
	}{
		"by default":                  {},
		"the option":                  {options: []Option{WithCardinalityWarning(10)}, want: []string{warned}},
		"not reached":                 {options: []Option{WithCardinalityWarning(11)}},
		"without a cache":             {options: []Option{WithCardinalityWarning(10), WithCacheBytes(0)}, want: []string{warned}},
		"the variable":                {variable: "10", want: []string{warned}},
		"the variable, off":           {variable: "0"},
		"the option overrides it":     {variable: "1000", options: []Option{WithCardinalityWarning(10)}, want: []string{warned}},
		"the option turns it off":     {variable: "1", options: []Option{WithCardinalityWarning(0)}},
		"nor is the variable parsed":  {variable: "many", options: []Option{WithCardinalityWarning(10)}, want: []string{warned}},
		"also in the reporter layout": {options: []Option{WithCardinalityWarning(10), WithLayout(LayoutReporter)}, want: []string{warned}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_CARDINALITY_WARNING", c.variable)
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				var w warnings
				e := newExporter(t, append(c.options, toServer(srv, w.option()), WithoutSelfMetrics())...)
				for range 3 {
					mustExport(t, e, metricsOf(counter("n", series(11)...), counter("few", series(3)...)))
					time.Sleep(time.Minute)
				}
				if diff := cmp.Diff(c.want, w.take()); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// With delta temporality, or if series come and go, an Export has few of them.
func TestCardinalityWarning_CountsSeriesOfSeveralExports(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		var w warnings
		e := newExporter(t, toServer(srv, w.option()), WithoutSelfMetrics(), WithCardinalityWarning(50))
		all := series(1000)
		step := func(i int) []string {
			mustExport(t, e, metricsOf(counter("n", all[20*i:20*i+20]...)))
			return w.take()
		}
		for i := range 20 { // at most 40 series within the time for which they are kept
			if got := step(i); len(got) > 0 {
				t.Errorf("Export %d: %v", i, got)
			}
			time.Sleep(6 * time.Minute)
		}
		step(30)
		step(31)
		if got := step(32); len(got) != 1 || !strings.Contains(got[0], "has 60 series") {
			t.Errorf("warnings %v", got)
		}
	})
}

func TestCardinalityWarning_Faults(t *testing.T) {
	if _, err := New(t.Context(), toServer(memoryServer(t)), WithCardinalityWarning(-1)); err == nil || !strings.Contains(err.Error(), "WithCardinalityWarning: -1 is negative") {
		t.Errorf("error %v", err)
	}
	for _, text := range []string{"many", "-1", "1.5"} {
		t.Setenv("APPTUIT_CARDINALITY_WARNING", text)
		if _, err := New(t.Context(), toServer(memoryServer(t))); err == nil || !strings.Contains(err.Error(), "APPTUIT_CARDINALITY_WARNING: ") {
			t.Errorf("error %v", err)
		}
	}
}
