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

// series are the datapoints of one metric with the same tags, ascending in time, as the server keeps them.
type series struct {
	tags   map[string]string
	labels []string // keys and values in the order of the keys
	dps    []datapoint
}

// datapoint is a value in a second.
type datapoint struct {
	at    int64
	value string // in JSON: a number or null
	cell  cell   // in OpenTSDB's storage
}

// MarshalJSON writes [at, value].
func (d datapoint) MarshalJSON() ([]byte, error) {
	b := strconv.AppendInt([]byte{'['}, d.at, 10)
	b = append(b, ',')
	b = append(b, d.value...)
	return append(b, ']'), nil
}

// fetch returns the series of the metrics within [start, end], each metric's in the order of their tags, or the reason for
// which the server cannot read them.
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

// joined is a text that no other labels have.
func joined(labels []string) string {
	var b strings.Builder
	for _, label := range labels {
		b.WriteString(strconv.Itoa(len(label)))
		b.WriteByte(':')
		b.WriteString(label)
	}
	return b.String()
}

// lastOfEachSecond sorts datapoints in order of arrival by time and drops those that a later one overwrites.
func lastOfEachSecond(dps []datapoint) []datapoint {
	slices.Reverse(dps)
	sortByTime(dps)
	return slices.CompactFunc(dps, func(a, b datapoint) bool { return a.at == b.at })
}

// sortByTime keeps the order of datapoints of one second.
func sortByTime(dps []datapoint) {
	slices.SortStableFunc(dps, func(a, b datapoint) int { return cmp.Compare(a.at, b.at) })
}

// exactNumber is an accepted value in JSON: its own text unless this was quoted and is no JSON number, such as "+1".
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

// jsonFloat writes a float64, or null when it is beyond the finite ones.
func jsonFloat(f float64) string {
	text, err := json.Marshal(f)
	if err != nil {
		return "null"
	}
	return string(text)
}

// downsample makes one datapoint of those in each interval, at its beginning.
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

// aggregated returns one of the aggregates of datapoints, in JSON. There is at least one datapoint.
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
