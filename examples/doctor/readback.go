// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// pollInterval is between two questions for a point that is not there yet.
const pollInterval = 500 * time.Millisecond

// checkReadBack asks for the probe until it is there.
func checkReadBack(ctx context.Context, p *patient, n *notes) {
	start := time.Now()
	way, result, ready := findQuestion(ctx, p, n, p.sent.Metric, p.sent.time())
	if !ready {
		return
	}
	for {
		if p.sent.in(result) {
			n.ok("found by %s after %v", way.name, time.Since(start).Round(time.Millisecond))
			return
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			n.fail("The server has acknowledged it. It may show it later (-timeout), have dropped it, or keep it elsewhere.",
				"%s does not find the probe within %v", way.name, time.Since(start).Round(100*time.Millisecond))
			return
		}
		var err error
		if result, err = way.ask(ctx, p.sent.Metric, p.sent.time()); err != nil && ctx.Err() == nil {
			n.fail(networkAdvice(err), "%v", err)
			return
		}
	}
}

// checkQuery asks whether the server answers, for want of a probe.
func checkQuery(ctx context.Context, p *patient, n *notes) {
	way, _, ready := findQuestion(ctx, p, n, p.probeMetric(), time.Now().Add(-time.Minute))
	if !ready {
		return
	}
	last, _ := p.tap.seen()
	tellToken(p, n, last)
	n.ok("%s answers", way.name)
}

// findQuestion finds a way to ask that the server knows, and says so if there is
// none.
func findQuestion(ctx context.Context, p *patient, n *notes, metric string, at time.Time) (question, []sample, bool) {
	if err := p.makeAsker(); err != nil {
		n.fail("", "-query-endpoint: %v", err)
		return question{}, nil, false
	}
	var answers []string
	for _, way := range questions(p.asker, p.flags.queryPath) {
		if strings.ContainsAny(metric, `'"\`) {
			answers = append(answers, "the name of the probe would have to be quoted")
			break
		}
		result, err := way.ask(ctx, metric, at)
		last, _ := p.tap.seen()
		switch {
		case err == nil:
			p.way = &way
			return way, result, true
		case errors.Is(err, apptuitclient.ErrUnauthorized):
			tellUnauthorized(p, n, last, err)
			return question{}, nil, false
		case !unknown(err):
			n.fail(networkAdvice(err), "%v", err)
			return question{}, nil, false
		}
		answers = append(answers, fmt.Sprintf("%s: %d", way.name, last.status))
	}
	text := fmt.Sprintf("%s cannot be asked (%s)", p.asker.Endpoint(), strings.Join(answers, ", "))
	if id := p.traits.identity; id.known && id.server == apptuitclient.ServerInfluxDB {
		n.ok("InfluxDB is not asked: its query language, InfluxQL, needs the name of the database")
		return question{}, nil, false
	}
	if p.flags.queryEndpoint != "" {
		n.fail("Is it the right port, and -query-path the right path? Prometheus itself has it at \"\".", "%s", text)
		return question{}, nil, false
	}
	n.ok("%s; one that can, at another port, is given by -query-endpoint", text)
	return question{}, nil, false
}

// unknown reports whether a server does not know what it was asked: it takes
// points, or answers questions of another kind.
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

// makeAsker makes the client that asks: another one, if that is another server.
func (p *patient) makeAsker() error {
	if p.asker != nil {
		return nil
	}
	if p.flags.queryEndpoint == "" {
		p.asker = p.client
		return nil
	}
	options, err := p.options()
	if err != nil {
		return err
	}
	asker, err := apptuitclient.New(append(options, apptuitclient.WithEndpoint(p.flags.queryEndpoint),
		apptuitclient.WithWarningHandler(func(error) {}))...) // which have been told
	if err != nil {
		return err
	}
	p.asker = asker
	return nil
}

// time is when the point is: in seconds, or with more than ten digits in milliseconds.
func (p *point) time() time.Time {
	const seconds = 9_999_999_999
	if p.Timestamp > seconds {
		return time.UnixMilli(p.Timestamp)
	}
	return time.Unix(p.Timestamp, 0)
}

// in reports whether an answer has the point: its series, perhaps with more tags,
// and its value.
func (p *point) in(all []sample) bool {
	value, err := p.Value.Float64()
	if err != nil {
		return false
	}
	for i := range all {
		s := &all[i]
		if s.of(p.Metric, p.Tags) && s.at.Sub(p.time()).Abs() < time.Second && math.Abs(s.value-value) < 0.5 { // it is a whole number
			return true
		}
	}
	return false
}
