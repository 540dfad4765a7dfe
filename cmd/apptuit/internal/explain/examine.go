// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// examine chooses the data points in question, and looks for faults in them.
func (x *run) examine() {
	candidates := x.candidates()
	if len(candidates) == 0 {
		return
	}
	x.choose(candidates)
	for i := range x.chosen {
		x.checkRejected(&x.chosen[i])
	}
	x.checkAsked(candidates)
	x.checkNames(&x.chosen[0])
	x.checkData()
}

// candidates returns the data points of an instrument with the name, and the data points that become a
// metric with the name. If there are none, it looks for a similar name.
func (x *run) candidates() []dataPoint {
	var candidates []dataPoint
	var names, instruments []string
	for _, p := range x.all {
		of := p.names()
		if p.Spec.Name == x.metric || slices.Contains(of, x.metric) {
			candidates = append(candidates, p)
		}
		names, instruments = append(names, of...), append(instruments, p.Spec.Name)
	}
	if len(candidates) > 0 || slices.ContainsFunc(x.findings, func(f Finding) bool { return f.Cause == "no-data-points" || f.Cause == "no-recorded-value" }) {
		return candidates
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if s, ok := compareName(x.metric, names); ok {
		x.add(isGuess, s.cause, s.advice, "the program does not send %q, but %q: %s", x.metric, s.known, s.text)
		for _, p := range x.all {
			if slices.Contains(p.names(), s.known) {
				candidates = append(candidates, p)
			}
		}
		x.metric = s.known
		return candidates
	}
	advice := "The instrument is not created, has no value yet, is dropped or renamed by a View, or belongs to another MeterProvider. Or the dump is of another time or process."
	if near := nearest.Name(x.metric, instruments); near != "" {
		advice = "Did you mean " + near + "? " + advice
	}
	x.add(isGuess, "not-recorded", advice, "no instrument in the dump is %q or becomes a metric of that name; the dump has %s", x.metric, amount.Of(distinct(instruments), "instrument"))
	return nil
}

// distinct returns the number of different names.
func distinct(names []string) int {
	slices.Sort(names)
	return len(slices.Compact(names))
}

// checkRejected looks for the reasons why points of a data point are rejected.
func (x *run) checkRejected(p *dataPoint) {
	names := p.names()
	whole := !slices.Contains(names, x.metric) // the instrument was asked for
	for _, r := range p.Rejected {
		if r.Err == nil || !whole && r.Metric != x.metric {
			continue
		}
		cause, advice := rejection(r.Err)
		x.add(isCause, cause, advice, "the exporter rejects the point of %s: %v", orName(r.Metric, p.Spec.Name), r.Err)
	}
	if len(p.Points) == 0 && len(p.Rejected) == 0 {
		x.add(isCause, "no-points", "An empty histogram or summary has no values to send.", "the data point of %q becomes no points", p.Spec.Name)
	}
}

func orName(metric, instrument string) string {
	if metric == "" {
		return fmt.Sprintf("the instrument %q", instrument)
	}
	return metric
}

// rejection returns the cause why a point cannot be sent, and advice.
func rejection(err error) (cause, advice string) {
	var collision convert.CollisionError
	var invalid *encoding.Error
	errors.As(err, &invalid)
	switch {
	case errors.As(err, &collision):
		if collision.Filtered {
			return "collision", "Select the attributes that tell the series apart (APPTUIT_ATTRIBUTES), or aggregate them by a View."
		}
		return "collision", "Give the series different attributes or names. Scope tags (APPTUIT_SCOPE_TAGS) tell instruments of different scopes apart."
	case errors.Is(err, encoding.ErrNoTags):
		return "no-tags", "Add a tag: APPTUIT_TAGS, the host tag (APPTUIT_DISABLE_HOST_TAG=false), or an attribute."
	case errors.Is(err, encoding.ErrTooManyTags):
		return "too-many-tags", "Leave attributes out (APPTUIT_ATTRIBUTES, APPTUIT_RESOURCE_ATTRIBUTES, APPTUIT_SCOPE_TAGS=false), or raise APPTUIT_MAX_TAGS if the server takes more."
	case errors.Is(err, encoding.ErrNotFinite):
		return "not-finite", "JSON has neither NaN nor infinities: the program must record finite values."
	case invalid != nil && invalid.Field == encoding.FieldTagKey:
		return "invalid-key", "Rename the attribute, or set APPTUIT_SANITIZE_MODE=prometheus."
	case invalid != nil && invalid.Field == encoding.FieldMetric:
		return "invalid-name", "Rename the instrument, or set APPTUIT_SANITIZE_MODE=prometheus."
	case invalid != nil && invalid.Field == encoding.FieldTimestamp:
		return "invalid-timestamp", "The data point must have a time from 1970 to 2286, and for each series a later one in each export."
	}
	return "rejected", ""
}

// checkNames notes how the names on the server differ from the name of the instrument.
func (x *run) checkNames(p *dataPoint) {
	names := p.names()
	if slices.Contains(names, x.metric) || len(names) == 0 {
		return
	}
	s, ok := compareName(x.metric, names)
	if !ok {
		s = nameDifference{cause: "other-name", text: "the configuration changes the name"}
		s.known = names[0]
	}
	x.add(isNote, s.cause, s.advice, "on the server the metric is %s: %s", strings.Join(names, ", "), s.text)
}

// checkData notes properties of the data that make queries misleading.
func (x *run) checkData() {
	start := x.now.Add(-x.since)
	newest := x.chosen[0].Time
	for _, p := range x.chosen {
		if p.Time.After(newest) {
			newest = p.Time
		}
	}
	if p := &x.chosen[0]; p.Delta {
		x.add(isNote, "delta-temporality", "Use increases as they are, for example sum_over_time in place of rate, or set APPTUIT_TEMPORALITY_PREFERENCE=cumulative.",
			"the data points have delta temporality: rate() and increase() of PromQL expect cumulative counters")
	}
	switch {
	case newest.IsZero():
	case newest.After(x.now.Add(future)):
		x.add(isSuspect, "timestamp-in-future", "Set the clock of the program's machine. VictoriaMetrics drops points of more than two days ahead, and queries end now.",
			"the newest data point is of %s, %v ahead of this machine's clock", newest.Format(time.RFC3339), newest.Sub(x.now).Round(time.Second))
	case newest.Before(start):
		x.add(isSuspect, "old-data", "Ask for a longer range (--since), and check whether the program still runs. Servers drop points that are older than their retention.",
			"the newest data point is of %s, before the start of the range (%s)", newest.Format(time.RFC3339), start.Format(time.RFC3339))
	}
}

// future is the largest difference between the clocks of two machines that is not a fault.
const future = time.Minute

// originOf returns the tag of a data point with a key, or the tag that an attribute with the key becomes.
// It returns nil if there is none.
func originOf(p *explain.DataPoint, key string) *convert.Origin {
	for i := range p.Tags {
		if p.Tags[i].Key == key {
			return &p.Tags[i]
		}
	}
	for i := range p.Tags {
		for _, c := range p.Tags[i].From {
			for _, g := range c.Given {
				if g.Key == key {
					return &p.Tags[i]
				}
			}
		}
	}
	if key == "host.name" {
		return originOf(p, "host")
	}
	return nil
}
