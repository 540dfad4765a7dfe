// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package promdiff_test

import (
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// side is whose series it is.
type side string

const (
	ours   side = "ours"
	theirs side = "theirs"
)

// difference is one that is left on purpose. Its edit takes it out of a series,
// and returns false for a series that only this side has. A difference that
// does not occur fails the test: the list says no more than what is so.
type difference struct {
	side   side
	reason string
	edit   func(s *servers.Point) (stays bool)
	used   bool
}

// without takes labels out of all series.
func without(labels ...string) func(*servers.Point) bool {
	return func(s *servers.Point) bool {
		for _, l := range labels {
			delete(s.Tags, l)
		}
		return true
	}
}

// missing takes the series of a name out.
func missing(name string) func(*servers.Point) bool {
	return func(s *servers.Point) bool { return s.Metric != name }
}

// renamed takes another name for one.
func renamed(from, to string) func(*servers.Point) bool {
	return func(s *servers.Point) bool {
		if s.Metric == from {
			s.Metric = to
		}
		return true
	}
}

// differences are all that are left, after a prefix.
func differences(prefix string) []*difference {
	return []*difference{
		{side: ours, reason: "a histogram has min and max: the wire carries them, and Prometheus' form has no place for them", edit: func(s *servers.Point) bool {
			return !strings.Contains(s.Metric, "histogram") || !strings.HasSuffix(s.Metric, "_min") && !strings.HasSuffix(s.Metric, "_max")
		}},
		{side: theirs, reason: "the SDK records no sum of gauges and up-down counters, and leaves 0, which is not their sum", edit: func(s *servers.Point) bool {
			return !strings.Contains(s.Metric, "histogram") || !strings.HasSuffix(s.Metric, "_sum") ||
				!strings.HasSuffix(s.Tags["kind"], "gauge") && !strings.HasSuffix(s.Tags["kind"], "updown")
		}},
		{side: ours, reason: "the host tag tells hosts apart, as instance does where Prometheus scrapes (WithoutHostTag)", edit: without("host")},
		{side: ours, reason: "the resource's service.* are tags of each point, as job and instance are where Prometheus scrapes (WithResourceAttributes)", edit: func(s *servers.Point) bool {
			return s.Metric == "target_info" || without("service_name", "service_namespace", "service_instance_id")(s)
		}},
		{side: theirs, reason: "job and instance are what the scraper calls its target", edit: without("job", "instance")},
		{side: theirs, reason: "the scraper has series of its own", edit: func(s *servers.Point) bool {
			return s.Metric != "up" && !strings.HasPrefix(s.Metric, "scrape_")
		}},
		{side: theirs, reason: "no colon is in a name that OpenTSDB takes", edit: renamed(prefix+"rule:sum", prefix+"rule_sum")},
		{side: theirs, reason: "nor in one that a unit brings", edit: renamed(prefix+"odd_unit_a:b", prefix+"odd_unit_a_b")},
		{side: ours, reason: "a name without letters and digits is refused there; here it is _", edit: missing("_")},
		{side: ours, reason: "a key that makes a reserved label is refused there; here it is _name_", edit: missing(prefix + "odd_reserved")},
		{side: ours, reason: "a key without letters and digits is refused there; here it is _", edit: missing(prefix + "odd_symbols")},
		{side: ours, reason: "an attribute that makes a label of the scope is refused there; here it beats the scope's", edit: missing(prefix + "odd_scope")},
		{side: theirs, reason: "an attribute le makes two labels of that name there, of which the scraper takes one", edit: func(s *servers.Point) bool { return !strings.HasPrefix(s.Metric, prefix+"odd_le") }},
		{side: ours, reason: "here it moves to exported_le in the buckets", edit: func(s *servers.Point) bool { return !strings.HasPrefix(s.Metric, prefix+"odd_le") }},
	}
}

// take returns the last values of the series of a side, by series, after the
// differences are taken out.
func take(t *testing.T, of side, points []servers.Point, left []*difference) map[string]float64 {
	t.Helper()
	newest, values := map[string]int64{}, map[string]float64{}
	for _, p := range points {
		stays := true
		for _, d := range left {
			if d.side != of || !stays {
				continue
			}
			before := p.Series()
			stays = d.edit(&p)
			d.used = d.used || !stays || p.Series() != before
		}
		if !stays {
			continue
		}
		series := p.Series()
		if newest[series] <= p.Time {
			newest[series], values[series] = p.Time, p.Value
		}
	}
	return values
}
