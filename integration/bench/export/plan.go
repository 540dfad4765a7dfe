// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"slices"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
)

// Plan is what to measure.
type Plan struct {
	Groups []Group
	Memory []collection.Config
}

// Quick takes some four minutes: collections of 120 and 10,000 points, few rounds, and
// only this project's exporter and OTLP over HTTP for small, cold and changing collections.
func Quick() Plan {
	const rounds = 5
	var plan Plan
	main := func(name string, _ State) bool { return name == peer.Apptuit || name == peer.OTLPHTTPGzip }
	for _, kind := range kinds() {
		if kind != collection.Mixed {
			plan.Groups = append(plan.Groups, Group{
				Config: collection.Config{Kind: kind, Points: 120}, States: []State{Warm}, Rounds: rounds, Measures: main,
			})
		}
		plan.Groups = append(plan.Groups, Group{
			Config: collection.Config{Kind: kind, Points: 10_000, SDK: kind == collection.Mixed}, States: []State{Warm, Cold, Churn}, Rounds: rounds,
			Measures: func(name string, state State) bool { return state == Warm || main(name, state) },
		})
	}
	plan.Groups = append(plan.Groups, pushes(rounds)...)
	plan.Groups = append(plan.Groups, client(rounds))
	return plan
}

// Full is all of it.
func Full() Plan {
	var plan Plan
	add := func(rounds int, cfg collection.Config, states ...State) {
		plan.Groups = append(plan.Groups, Group{
			Config: cfg, States: states, Rounds: rounds,
			Measures: func(name string, _ State) bool { return !cfg.Delta || takesDelta(name) },
		})
	}
	for _, kind := range kinds() {
		for _, size := range []struct{ points, rounds int }{{120, 11}, {1000, 11}, {10_000, 11}, {100_000, 5}} {
			add(size.rounds, collection.Config{Kind: kind, Points: size.points, SDK: kind == collection.Mixed}, Warm, Cold, Churn)
		}
	}
	for _, kind := range kinds() {
		if kind == collection.Mixed {
			continue
		}
		add(7, collection.Config{Kind: kind, Points: 10_000, SDK: true}, Warm)
		add(7, collection.Config{Kind: kind, Points: 10_000, SDK: true, Delta: true}, Warm, Churn)
	}
	for _, kind := range []collection.Kind{collection.Sum, collection.Gauge} {
		add(7, collection.Config{Kind: kind, Points: 10_000, SDK: true, Observable: true}, Warm, Churn)
	}
	plan.Groups = append(plan.Groups, pushes(11)...)
	plan.Groups = append(plan.Groups, client(11))
	for _, kind := range []collection.Kind{collection.Sum, collection.Histogram} {
		plan.Memory = append(plan.Memory, collection.Config{Kind: kind, Points: 1_000_000})
	}
	return plan
}

// pushes returns the groups of the Collector's exporters.
func pushes(rounds int) []Group {
	var groups []Group
	for _, cfg := range []collection.Config{
		{Kind: collection.Sum, Points: 10_000, Collector: &collection.Collector{Resources: 1}},
		{Kind: collection.Histogram, Points: 10_000, Collector: &collection.Collector{Resources: 1}},
		{Kind: collection.Sum, Points: 10_000, Collector: &collection.Collector{Resources: 1000}},
		{Kind: collection.Sum, Points: 100_000, Collector: &collection.Collector{Resources: 1, Batch: 1000}},
	} {
		groups = append(groups, Group{Config: cfg, States: []State{Warm}, Rounds: rounds, Measures: func(name string, _ State) bool {
			_, err := peerFor(&cfg, name)
			return err == nil
		}})
	}
	return groups
}

// client returns the group of the client alone.
func client(rounds int) Group {
	return Group{
		Sending: &Sending{Points: 10_000, Series: 1000, Samples: 50}, States: []State{Points, TimeSeries}, Rounds: rounds,
		Measures: func(name string, _ State) bool { return name == peer.Apptuit || name == peer.Telegraf },
	}
}

func takesDelta(name string) bool {
	p, err := peerFor(&collection.Config{}, name)
	return err == nil && p.Delta
}

// Only keeps the groups that have one of the names, as the table has them.
func (p *Plan) Only(names []string) {
	p.Groups = slices.DeleteFunc(p.Groups, func(g Group) bool { return !slices.Contains(names, g.Name()) })
	p.Memory = slices.DeleteFunc(p.Memory, func(c collection.Config) bool { return !slices.Contains(names, string(c.Kind)) })
}

func kinds() []collection.Kind {
	return []collection.Kind{collection.Sum, collection.Gauge, collection.Histogram, collection.Exponential, collection.Mixed}
}
