// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// series is the datapoints of one metric and set of tags.
type series struct {
	tags   map[string]string
	labels []string // alternating keys and values, sorted by key
	dps    []datapoint
}

// datapoint is a value at a time.
type datapoint struct {
	at    int64  // seconds since 1970
	value string // JSON: a number or null
	cell  cell   // the value in OpenTSDB's storage
}

// MarshalJSON writes [at, value].
func (d datapoint) MarshalJSON() ([]byte, error) {
	b := strconv.AppendInt([]byte{'['}, d.at, 10)
	b = append(b, ',')
	b = append(b, d.value...)
	return append(b, ']'), nil
}

// fetch returns the series of each metric with points from start to end, sorted by tags, or the reason for which the
// server cannot read them.
func (h *Handler) fetch(metrics []string, start, end int64) (fetched map[string][]*series, reason string) {
	type identity struct{ metric, labels string }
	known := map[identity]*series{}
	fetched = make(map[string][]*series, len(metrics))
	for _, metric := range metrics {
		fetched[metric] = nil
	}

	h.mu.Lock()
	for _, p := range h.points {
		if _, wanted := fetched[p.Metric]; !wanted {
			continue
		}
		at := p.Time().Unix()
		if at < start || at > end {
			continue
		}
		labels := labelsOf(p.Tags)
		id := identity{p.Metric, joined(labels)}
		s := known[id]
		if s == nil {
			s = &series{tags: maps.Clone(p.Tags), labels: labels}
			known[id] = s
			fetched[p.Metric] = append(fetched[p.Metric], s)
		}
		s.dps = append(s.dps, datapoint{at, exactNumber(p.Value), newCell(p)})
	}
	h.mu.Unlock()

	for _, s := range known {
		if s.dps, reason = h.cfg.dialect.keep(s.dps); reason != "" {
			return nil, reason
		}
	}
	for _, all := range fetched {
		slices.SortFunc(all, func(a, b *series) int { return slices.Compare(a.labels, b.labels) })
	}
	return fetched, ""
}

func labelsOf(tags map[string]string) []string {
	labels := make([]string, 0, 2*len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		labels = append(labels, key, tags[key])
	}
	return labels
}

// joined returns a string that identifies the labels: each label preceded by its length.
func joined(labels []string) string {
	var b strings.Builder
	for _, label := range labels {
		b.WriteString(strconv.Itoa(len(label)))
		b.WriteByte(':')
		b.WriteString(label)
	}
	return b.String()
}

// lastOfEachSecond sorts datapoints by time. Of several datapoints within one second, it keeps the last one. dps must be in
// order of arrival.
func lastOfEachSecond(dps []datapoint) []datapoint {
	slices.Reverse(dps)
	sortByTime(dps)
	return slices.CompactFunc(dps, func(a, b datapoint) bool { return a.at == b.at })
}

// sortByTime sorts datapoints by time, and keeps the order of datapoints within one second.
func sortByTime(dps []datapoint) {
	slices.SortStableFunc(dps, func(a, b datapoint) int { return cmp.Compare(a.at, b.at) })
}

// exactNumber returns an accepted value as JSON. It keeps the exact text, unless this is not a JSON number, such as "+1".
func exactNumber(n json.Number) string {
	text := n.String()
	if json.Valid([]byte(text)) {
		return text
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(i, 10)
	}
	return jsonFloat(Point{Value: n}.Float())
}

// jsonFloat returns a float64 as JSON, or null if it is not finite.
func jsonFloat(f float64) string {
	text, err := json.Marshal(f)
	if err != nil {
		return "null"
	}
	return string(text)
}

// downsample aggregates the datapoints of each interval into one datapoint at the beginning of the interval.
func downsample(dps []datapoint, every int64, aggregate string) []datapoint {
	var buckets []datapoint
	for len(dps) > 0 {
		at := dps[0].at - dps[0].at%every
		n := slices.IndexFunc(dps, func(d datapoint) bool { return d.at-at >= every })
		if n < 0 {
			n = len(dps)
		}
		buckets = append(buckets, datapoint{at: at, value: aggregated(dps[:n], aggregate)})
		dps = dps[n:]
	}
	return buckets
}

// aggregated returns an aggregate of at least one datapoint, as JSON.
func aggregated(dps []datapoint, aggregate string) string {
	values := make([]float64, len(dps))
	var sum float64
	for i, d := range dps {
		values[i] = Point{Value: json.Number(d.value)}.Float()
		sum += values[i]
	}
	switch aggregate {
	case "count":
		return strconv.Itoa(len(dps))
	case "min":
		return jsonFloat(slices.Min(values))
	case "max":
		return jsonFloat(slices.Max(values))
	case "sum":
		return jsonFloat(sum)
	default:
		return jsonFloat(sum / float64(len(dps)))
	}
}
