// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/query"
)

// pollInterval is the time between two queries for a point that is not found yet.
const pollInterval = 500 * time.Millisecond

// checkReadBack queries the probe until the server returns it.
func checkReadBack(ctx context.Context, r *run, f *findings) {
	start := time.Now()
	api, result, ready := findQueryAPI(ctx, r, f, r.sent.Metric, r.sent.time())
	if !ready {
		return
	}
	for {
		if r.sent.in(result) {
			f.ok("found by %s after %v", api.name, time.Since(start).Round(time.Millisecond))
			return
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			f.fail("The server has acknowledged the probe. It may show the point later (allow more time), it may have dropped the point, or the query endpoint reads other data.",
				"%s does not find the probe within %v", api.name, time.Since(start).Round(100*time.Millisecond))
			return
		}
		var err error
		if result, err = api.ask(ctx, r.sent.Metric, r.sent.time()); err != nil && ctx.Err() == nil {
			f.fail(networkAdvice(err), "%v", err)
			return
		}
	}
}

// checkQuery checks whether the server answers queries, without a probe.
func checkQuery(ctx context.Context, r *run, f *findings) {
	api, _, ready := findQueryAPI(ctx, r, f, r.probeMetric(), time.Now().Add(-time.Minute))
	if !ready {
		return
	}
	last, _ := r.recorder.seen()
	reportToken(r, f, last)
	f.ok("%s answers", api.name)
}

// findQueryAPI finds a query API that the server answers, and returns it with the result of its first
// query. If there is none, it reports the reason and returns false.
func findQueryAPI(ctx context.Context, r *run, f *findings, metric string, at time.Time) (queryAPI, []sample, bool) {
	if err := r.makeQueryClient(ctx); err != nil {
		f.fail("", "query endpoint: %v", err)
		return queryAPI{}, nil, false
	}
	var answers []string
	apis := queryAPIs(r.queryClient, r.prometheusPath)
	if strings.ContainsAny(metric, `'"\`) {
		apis, answers = nil, []string{"the name of the probe contains a quotation mark or a backslash"}
	}
	for _, api := range apis {
		result, err := api.ask(ctx, metric, at)
		last, _ := r.recorder.seen()
		switch {
		case err == nil:
			r.api = &api
			return api, result, true
		case errors.Is(err, apptuitclient.ErrUnauthorized):
			reportUnauthorized(r, f, last, err)
			return queryAPI{}, nil, false
		case !unknown(err):
			f.fail(networkAdvice(err), "%v", err)
			return queryAPI{}, nil, false
		}
		answers = append(answers, fmt.Sprintf("%s: %d", api.name, last.status))
	}
	text := fmt.Sprintf("%s does not answer queries (%s)", r.queryClient.Endpoint(), strings.Join(answers, ", "))
	if id := r.behavior.identity; id.known && id.server == apptuitclient.ServerInfluxDB {
		f.ok("InfluxDB is not queried: its query language, InfluxQL, needs the name of the database")
		return queryAPI{}, nil, false
	}
	if r.queryEndpoint != "" {
		f.fail("Check the port and the query path (--prometheus-path, doctor.WithPrometheusPath). The path is /prometheus by default, and must be \"\" for Prometheus itself.", "%s", text)
		return queryAPI{}, nil, false
	}
	f.ok("%s; if another address answers queries, set it (--query-endpoint, doctor.WithQueryEndpoint)", text)
	return queryAPI{}, nil, false
}

// unknown reports whether an error means that the server does not have the query API: it only accepts
// points, or has another query API.
func unknown(err error) bool {
	var status *apptuitclient.StatusError
	if !errors.As(err, &status) {
		var asked *query.PrometheusError
		return !errors.As(err, &asked) && strings.Contains(err.Error(), "query endpoint")
	}
	switch status.StatusCode {
	case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// makeQueryClient creates the client for queries, if they have another endpoint.
func (r *run) makeQueryClient(ctx context.Context) error {
	if r.queryClient != nil {
		return nil
	}
	if r.queryEndpoint == "" {
		r.queryClient = r.client
		return nil
	}
	e, err := r.newExporter(ctx, exporter.WithEndpoint(r.queryEndpoint))
	if err != nil {
		return err
	}
	r.queryClient = e.Client()
	return nil
}

// time returns the time of the point.
func (p *point) time() time.Time { return time.UnixMilli(model.Milliseconds(p.Timestamp)) }

// in reports whether an answer contains the point. The series in the answer may have more tags.
func (p *point) in(all []sample) bool {
	value, err := p.Value.Float64()
	if err != nil {
		return false
	}
	for i := range all {
		s := &all[i]
		if s.of(p.Metric, p.Tags) && s.at.Sub(p.time()).Abs() < time.Second && math.Abs(s.value-value) < 0.5 { // the value is a whole number
			return true
		}
	}
	return false
}
