// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

const (
	// perSample is about how long a peer exports in a round by default. One that
	// takes longer for one export does one.
	perSample = 100 * time.Millisecond
	// maxExports bounds the exports in a round.
	maxExports = 25
	// warmUp is the number of exports before the first round. It takes two until an
	// exporter has seen both orders that an SDK has.
	warmUp = 3
)

// Group is what is measured in the same rounds.
type Group struct {
	collection.Config          // without Churn, which is a state
	Sending           *Sending // instead
	States            []State
	Rounds            int
	PerSample         time.Duration // about how long a peer exports in a round; 0 is 100 ms
	// Measures says whether a peer is measured in a state.
	Measures func(peer string, state State) bool
}

// Result is what came out for one state of a group.
type Result struct {
	Name   string
	Points int // data points in a collection
	State  string
	Peers  map[string]Series
	// Peak is memory instead, by peer.
	Peak map[string]Peak
}

// Name describes the data as the table does.
func (g *Group) Name() string {
	if g.Sending != nil {
		return "client alone"
	}
	var parts []string
	if g.Collector != nil {
		parts = append(parts, "Collector")
	}
	parts = append(parts, string(g.Kind))
	if g.SDK {
		parts = append(parts, "SDK")
	}
	if g.Delta {
		parts = append(parts, "delta")
	}
	if g.Observable {
		parts = append(parts, "observable")
	}
	if c := g.Collector; c != nil && c.Resources > 1 {
		parts = append(parts, thousands(float64(c.Resources))+" resources")
	}
	if c := g.Collector; c != nil && c.Batch > 0 {
		parts = append(parts, "batches of "+thousands(float64(c.Batch)))
	}
	return strings.Join(parts, ", ")
}

// contender is a peer that is measured.
type contender struct {
	name    string
	worker  *Worker
	states  []State
	exports map[State]int
	series  map[State]Series
}

// Run measures. Profiles of the processor are written to files of which names
// begin with profiles, unless it is empty.
func (g *Group) Run(ctx context.Context, start Start, to sink.Addresses, peers []string, profiles string) (results []Result, err error) {
	var all []*contender
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.worker.Close())
		}
	}()
	for _, name := range peers {
		c := &contender{name: name, exports: map[State]int{}, series: map[State]Series{}}
		for _, state := range g.States {
			if g.Measures(name, state) {
				c.states = append(c.states, state)
			}
		}
		if len(c.states) == 0 {
			continue
		}
		job := Job{Peer: name, Collection: g.Config, Sending: g.Sending, States: c.states, Sink: to}
		if profiles != "" {
			job.Profile = strings.ReplaceAll(fmt.Sprintf("%s%s %d %s.prof", profiles, g.Name(), g.Points, name), " ", "_")
		}
		if c.worker, err = start(ctx, job); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := c.prepare(g.PerSample); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", g.Name(), c.name, err)
		}
	}
	for round := range g.Rounds {
		for _, state := range g.States {
			for i := range all {
				c := all[(i+round)%len(all)]
				if err := c.sample(state); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", g.Name(), c.name, err)
				}
			}
		}
	}
	return g.results(all), nil
}

// prepare checks that what is sent arrives, and warms up. From that it finds how
// many exports fill a sample.
func (c *contender) prepare(sample time.Duration) error {
	if sample == 0 {
		sample = perSample
	}
	for _, state := range c.states {
		if _, err := c.worker.Do(Order{State: state, Check: true}); err != nil {
			return err
		}
		s, err := c.worker.Do(Order{State: state, Exports: warmUp})
		if err != nil {
			return err
		}
		c.exports[state] = min(max(int(sample*warmUp/max(s.Wall, 1)), 1), maxExports)
	}
	return nil
}

func (c *contender) sample(state State) error {
	exports, ok := c.exports[state]
	if !ok {
		return nil
	}
	s, err := c.worker.Do(Order{State: state, Exports: exports})
	c.series[state] = append(c.series[state], s)
	return err
}

// results returns one result for each state, in order.
func (g *Group) results(all []*contender) []Result {
	var results []Result
	for _, state := range g.States {
		one := Result{Name: g.Name(), State: string(state), Peers: map[string]Series{}}
		for _, c := range all {
			if series := c.series[state]; len(series) > 0 {
				one.Peers[c.name] = series
				one.Points = series[0].Points / series[0].Exports
			}
		}
		results = append(results, one)
	}
	return results
}
