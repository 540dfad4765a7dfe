// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

// exporting is a [task]: collections for one exporter in one state.
type exporting struct {
	peer     *peer.Peer
	target   peer.Target
	cold     bool // a new exporter each time
	source   collection.Source
	rm       *metricdata.ResourceMetrics
	exporter peer.Exporter
}

func (w *worker) openExports(job *Job) error {
	p, err := peerFor(&job.Collection, job.Peer)
	if err != nil {
		return err
	}
	sources := map[bool]collection.Source{}
	for _, state := range job.States {
		churn := state == Churn
		if sources[churn] == nil {
			cfg := job.Collection
			cfg.Churn = churn
			source, err := collection.New(cfg)
			if err != nil {
				return err
			}
			sources[churn] = source
			w.ends = append(w.ends, source.Close)
		}
		w.tasks[state] = &exporting{peer: p, target: targetOf(w.to), cold: state == Cold, source: sources[churn]}
	}
	return nil
}

// peerFor returns the peer of a name that exports collections.
func peerFor(cfg *collection.Config, name string) (*peer.Peer, error) {
	all := peer.All()
	if cfg.Collector != nil {
		all = peer.CollectorPeers(*cfg.Collector)
	}
	i := slices.IndexFunc(all, func(p peer.Peer) bool { return p.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no peer %q", name)
	}
	return &all[i], nil
}

func targetOf(to *sink.Client) peer.Target {
	return peer.Target{URL: to.URL(), Host: to.Data, Scrape: to.Scrape}
}

func (e *exporting) next(ctx context.Context) (err error) {
	if e.cold {
		if err := e.close(ctx); err != nil {
			return err
		}
	}
	if e.rm, err = e.source.Next(ctx); err != nil || e.cold {
		return err
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	if p, ok := e.exporter.(interface {
		Prepare(rm *metricdata.ResourceMetrics)
	}); ok {
		p.Prepare(e.rm)
	}
	return nil
}

func (e *exporting) open(ctx context.Context) (err error) {
	if e.exporter == nil {
		e.exporter, err = e.peer.New(ctx, e.target)
	}
	return err
}

func (e *exporting) send(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	return e.exporter.Export(ctx, e.rm)
}

func (e *exporting) points() int { return collection.Count(e.rm) }

func (e *exporting) expected() (points int, sum float64) { return e.peer.Points(e.rm), peer.Sum(e.rm) }

func (e *exporting) close(ctx context.Context) error {
	exporter := e.exporter
	e.exporter = nil
	if exporter == nil {
		return nil
	}
	return exporter.Shutdown(ctx)
}
