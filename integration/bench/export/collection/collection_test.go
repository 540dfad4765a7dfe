// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func open(t *testing.T, cfg Config) Source {
	t.Helper()
	source, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	return source
}

// next returns a copy of what can be compared of the next collection: a number
// for each series.
func next(t *testing.T, source Source) map[attribute.Distinct]float64 {
	t.Helper()
	rm, err := source.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	values := map[attribute.Distinct]float64{}
	for _, scope := range rm.ScopeMetrics {
		if scope.Scope.Name != "example.com/shop" {
			continue
		}
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					values[p.Attributes.Equivalent()] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					values[p.Attributes.Equivalent()] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					values[p.Attributes.Equivalent()] = p.Sum + float64(len(p.BucketCounts))
				}
			case metricdata.ExponentialHistogram[float64]:
				for _, p := range data.DataPoints {
					values[p.Attributes.Equivalent()] = p.Sum
				}
			default:
				t.Fatalf("%T", m.Data)
			}
		}
	}
	return values
}

func configs() map[string]Config {
	return map[string]Config{
		"sum":                  {Kind: Sum, Points: 1000},
		"gauge":                {Kind: Gauge, Points: 1000},
		"histogram":            {Kind: Histogram, Points: 1000},
		"exponential":          {Kind: Exponential, Points: 1000},
		"SDK sum":              {Kind: Sum, Points: 1000, SDK: true},
		"SDK sum delta":        {Kind: Sum, Points: 1000, SDK: true, Delta: true},
		"SDK sum observable":   {Kind: Sum, Points: 1000, SDK: true, Observable: true},
		"SDK gauge":            {Kind: Gauge, Points: 1000, SDK: true},
		"SDK gauge observable": {Kind: Gauge, Points: 1000, SDK: true, Observable: true},
		"SDK histogram":        {Kind: Histogram, Points: 1000, SDK: true},
		"SDK exponential":      {Kind: Exponential, Points: 1000, SDK: true},
		"mixed":                {Kind: Mixed, Points: 1000, SDK: true},
	}
}

// Every series is there at each collection, nearly each with another value, and
// no two series are alike.
func TestCollectionsChange(t *testing.T) {
	for name, cfg := range configs() {
		t.Run(name, func(t *testing.T) {
			source := open(t, cfg)
			first := next(t, source)
			second := next(t, source)
			if len(first) < 950 || len(first) > 1000 || len(second) != len(first) {
				t.Fatalf("%d series, then %d, want 1000", len(first), len(second))
			}
			same := 0
			for series, value := range second {
				last, ok := first[series]
				if !ok {
					t.Fatal("a series was not there before")
				}
				if last == value {
					same++
				}
			}
			// Counters that go up and down stay where they are now and then.
			if same > 20 {
				t.Errorf("%d series have not changed", same)
			}
		})
	}
}

func TestChurnReplacesOneInAHundred(t *testing.T) {
	for name, cfg := range configs() {
		cfg.Churn = true
		if cfg.SDK && cfg.Kind != Mixed && !cfg.Delta && !cfg.Observable {
			if _, err := New(cfg); err == nil {
				t.Errorf("%s: an SDK that forgets series", name)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			source := open(t, cfg)
			first := next(t, source)
			for range 5 {
				second := next(t, source)
				added := 0
				for series := range second {
					if _, ok := first[series]; !ok {
						added++
					}
				}
				if added < 8 || added > 10 || len(second) != len(first) {
					t.Errorf("%d of %d series are new, want 10", added, len(second))
				}
				first = second
			}
		})
	}
}

func TestMixedHasTheRuntime(t *testing.T) {
	rm, err := open(t, Config{Kind: Mixed, Points: 100}).Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scopes := map[string]int{}
	for _, scope := range rm.ScopeMetrics {
		scopes[scope.Scope.Name] += len(scope.Metrics)
	}
	if len(scopes) < 3 {
		t.Errorf("scopes: %v", scopes)
	}
	if n := Count(rm); n < 100 {
		t.Errorf("%d points", n)
	}
}

func TestScatterIsOneToOne(t *testing.T) {
	seen := make([]bool, 1<<scattered)
	for v := range uint32(1_000_000) {
		s := scatter(v)
		if s >= uint32(len(seen)) || seen[s] {
			t.Fatalf("%d is scattered to %d, as another is", v, s)
		}
		seen[s] = true
	}
}

func TestAttributesAreSix(t *testing.T) {
	for i := range 1000 {
		if set := attributes(i); set.Len() != 6 {
			t.Fatalf("series %d has %d attributes", i, set.Len())
		}
	}
}

func TestNoSuchData(t *testing.T) {
	for name, cfg := range map[string]Config{
		"too few points":       {Kind: Sum, Points: 9},
		"an unknown kind":      {Kind: "summary", Points: 100},
		"delta without SDK":    {Kind: Sum, Points: 100, Delta: true},
		"observable histogram": {Kind: Histogram, Points: 100, SDK: true, Observable: true},
		"mixed delta":          {Kind: Mixed, Points: 100, Delta: true},
		"an unknown SDK kind":  {Kind: "summary", Points: 100, SDK: true},
	} {
		if source, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
			_ = source.Close()
		}
	}
}
