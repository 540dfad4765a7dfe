// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// TestPeers_EverythingArrives exports the data of each row with each peer to a sink, which decodes it.
// The result must agree with the collection, so that all peers export the same data.
func TestPeers_EverythingArrives(t *testing.T) {
	to := startSink(t)
	for _, r := range rows() {
		if r.state == peakMemory || r.kind != "" && r.pushes == nil && r.points != 10_000 {
			continue // other rows have the same data in another size
		}
		r.points /= 100
		for _, p := range r.peers() {
			t.Run(r.name(p.name), func(t *testing.T) {
				run := r.start(t, to, p)
				for range 2 {
					if _, err := run.check(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// damaging is an exporter that changes a sum before it exports the collection.
type damaging struct {
	exporter
	damage func(sum *metricdata.Sum[int64])
}

func (e damaging) Export(ctx context.Context, c *collection) error {
	m := &c.metrics.ScopeMetrics[0].Metrics[0]
	sum := m.Data.(metricdata.Sum[int64])
	e.damage(&sum)
	m.Data = sum
	return e.exporter.Export(ctx, c)
}

func TestCheck_FindsLosses(t *testing.T) {
	to, p := startSink(t), peers()[1]
	for want, damage := range map[string]func(sum *metricdata.Sum[int64]){
		"decoded 19 points": func(sum *metricdata.Sum[int64]) { sum.DataPoints = sum.DataPoints[1:] },
		"add up to":         func(sum *metricdata.Sum[int64]) { sum.DataPoints[0].Value++ },
	} {
		r := row{kind: "sum", points: 20, state: warm}
		run := r.start(t, to, p)
		run.open = func(ctx context.Context, to *sink) (exporter, error) {
			e, err := p.sdk(ctx, to)
			return damaging{e, damage}, err
		}
		if _, err := run.check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the check returns %v, want %q", err, want)
		}
	}
}

// TestSources_Change checks that two collections have the same series with different values, or with
// churn, that 1 % of the series are new.
func TestSources_Change(t *testing.T) {
	for _, kind := range []string{"sum", "gauge", "histogram", "exponential", "mixed"} {
		for _, state := range []string{warm, churn} {
			r := row{kind: kind, points: 1000, state: state}
			next := r.source(t)
			collect := func() map[attribute.Distinct]float64 {
				values := map[attribute.Distinct]float64{}
				flatten(must(next(t.Context())).metrics, func(p *point) {
					if p.attributes.Len() == 6 && p.key == "" {
						values[p.attributes.Equivalent()] += p.value
					}
				}, nil)
				return values
			}
			first, second := collect(), collect()
			added, same := 0, 0
			for series, value := range second {
				if last, ok := first[series]; !ok {
					added++
				} else if last == value {
					same++ // an up-down counter may keep its value
				}
			}
			ok := state == warm && added == 0 || state == churn && 8 <= added && added <= 10
			if !ok || len(first) < 950 || len(first) > 1000 || len(second) != len(first) || same > 20 {
				t.Errorf("%s, %s: %d series, then %d: %d new, %d unchanged", kind, state, len(first), len(second), added, same)
			}
		}
	}
}

// TestTable_Row measures a row in separate processes, as TestTable does.
func TestTable_Row(t *testing.T) {
	r := row{data: "sum", kind: "sum", points: 120, state: warm}
	text := table([]result{r.measure(t, peers()[:2], 2)})
	want := regexp.MustCompile(`
\| sum \| 120 \| warm \| [\d,.]+ / [\d,.]+ \| [\d.]+ \| [\d.]+ \| [\d,.]+ / [\d,.]+ \([\d.]+× / [\d.]+×\) \| [\d.]+ \| [\d.]+ \| – \|`)
	if !want.MatchString(text) {
		t.Errorf("the table does not match %s:\n%s", want, text)
	}
}
