// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// newService returns the source of [Mixed]: of a hundred data points, besides
// those of runtimemetrics, 35 are of counters, 10 of counters that go down as
// well, 15 of observable counters, 15 of observable gauges, 5 of gauges, 15 of
// histograms and 5 of exponential histograms. Series are replaced among the
// observable ones: of the others an SDK forgets none.
func newService(cfg Config) (*provided, error) {
	if cfg.Delta || cfg.Observable {
		return nil, errors.New("mixed data is cumulative, and partly observable")
	}
	p := newProvider(cfg, sdkmetric.WithProducer(runtimemetrics.NewProducer()))
	registration, err := runtimemetrics.Start(runtimemetrics.WithMeterProvider(p.provider))
	if err != nil {
		return nil, err
	}
	p.end = append(p.end, registration.Unregister)

	meter := p.provider.Meter("example.com/shop", metric.WithInstrumentationVersion("2.14.3"))
	all := &population{random: rand.New(rand.NewPCG(13, uint64(cfg.Points)))}
	for _, group := range []struct {
		share    int // of a hundred points
		names    []string
		register func(metric.Meter, string, *set) error
		churn    bool
	}{
		{share: 35, names: []string{"http.server.requests", "http.server.errors", "db.client.operations", "cache.hits", "orders.placed"}, register: p.counter},
		{share: 10, names: []string{"http.server.active_requests", "db.client.connections"}, register: p.upDownCounter},
		{share: 15, names: []string{"queue.messages.handled", "network.io"}, register: p.observableCounter, churn: true},
		{share: 15, names: []string{"queue.depth", "cache.fill"}, register: p.observableGauge, churn: true},
		{share: 5, names: []string{"orders.value"}, register: p.gauge},
		{share: 15, names: []string{"http.server.request.duration", "http.server.response.body.size", "db.client.operation.duration"}, register: p.histogram},
		{share: 5, names: []string{"rpc.client.exponential.duration"}, register: p.histogram},
	} {
		n := max(cfg.Points*group.share/100/len(group.names), 1)
		churned := 0
		if group.churn {
			// One in a hundred of all series is replaced, in 4 of the instruments.
			churned = max(cfg.churned(cfg.Points)/4, cfg.churned(1))
		}
		for _, name := range group.names {
			if err := group.register(meter, name, all.more(n, churned)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, errors.Join(err, p.Close()))
			}
		}
	}
	return p, nil
}
