// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package promdiff_test

import (
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// side names the exporter of a series.
type side string

const (
	ours   side = "ours"
	theirs side = "theirs"
)

// difference is an intended difference. Its edit removes the difference from a series, and returns false
// for a series that only this side has. A difference that does not occur fails the test.
type difference struct {
	side   side
	reason string
	edit   func(s *servers.Point) (stays bool)
	used   bool
}

// without removes labels from all series.
func without(labels ...string) func(*servers.Point) bool {
	return func(s *servers.Point) bool {
		for _, l := range labels {
			delete(s.Tags, l)
		}
		return true
	}
}

// missing removes the series of a metric.
func missing(name string) func(*servers.Point) bool {
	return func(s *servers.Point) bool { return s.Metric != name }
}

// renamed replaces the name of a metric.
func renamed(from, to string) func(*servers.Point) bool {
	return func(s *servers.Point) bool {
		if s.Metric == from {
			s.Metric = to
		}
		return true
	}
}

// differences returns all intended differences, for metrics with a prefix.
func differences(prefix string) []*difference {
	return []*difference{
		{side: ours, reason: "our points include min and max of a histogram, for which Prometheus' format has no place", edit: func(s *servers.Point) bool {
			return !strings.Contains(s.Metric, "histogram") || !strings.HasSuffix(s.Metric, "_min") && !strings.HasSuffix(s.Metric, "_max")
		}},
		{side: theirs, reason: "the SDK records no sum of histograms of gauges and up-down counters, and leaves 0", edit: func(s *servers.Point) bool {
			return !strings.Contains(s.Metric, "histogram") || !strings.HasSuffix(s.Metric, "_sum") ||
				!strings.HasSuffix(s.Tags["kind"], "gauge") && !strings.HasSuffix(s.Tags["kind"], "updown")
		}},
		{side: ours, reason: "the host tag distinguishes hosts, as instance does for a scrape (WithoutHostTag)", edit: without("host")},
		{side: ours, reason: "the resource's service.* are tags of each point, as job and instance are for a scrape (WithResourceAttributes)", edit: func(s *servers.Point) bool {
			return s.Metric == "target_info" || without("service_name", "service_namespace", "service_instance_id")(s)
		}},
		{side: theirs, reason: "job and instance are labels of the scraper", edit: without("job", "instance")},
		{side: theirs, reason: "the scraper adds series", edit: func(s *servers.Point) bool {
			return s.Metric != "up" && !strings.HasPrefix(s.Metric, "scrape_")
		}},
		{side: theirs, reason: "OpenTSDB accepts no colon in a name", edit: renamed(prefix+"rule:sum", prefix+"rule_sum")},
		{side: theirs, reason: "OpenTSDB accepts no colon in a name, also if the unit has it", edit: renamed(prefix+"odd_unit_a:b", prefix+"odd_unit_a_b")},
		{side: ours, reason: "a name without letters and digits is refused by their exporter, and is _ in ours", edit: missing("_")},
		{side: ours, reason: "a key of a reserved label is refused by their exporter, and is _name_ in ours", edit: missing(prefix + "odd_reserved")},
		{side: ours, reason: "a key without letters and digits is refused by their exporter, and is _ in ours", edit: missing(prefix + "odd_symbols")},
		{side: ours, reason: "an attribute with the name of a scope label is refused by their exporter, and overrides the scope label in ours", edit: missing(prefix + "odd_scope")},
		{side: theirs, reason: "an attribute le becomes a second label le in their exporter, and the scraper keeps one of them", edit: func(s *servers.Point) bool { return !strings.HasPrefix(s.Metric, prefix+"odd_le") }},
		{side: ours, reason: "an attribute le becomes exported_le in our buckets", edit: func(s *servers.Point) bool { return !strings.HasPrefix(s.Metric, prefix+"odd_le") }},
	}
}

// take returns the last values of the series of a side, by series, after the differences are removed.
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
