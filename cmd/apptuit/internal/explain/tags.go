// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// choose chooses the candidates that have all tags of the question. If there are none, it chooses the
// candidate that has most of them.
func (x *run) choose(candidates []dataPoint) {
	best, most := 0, -1
	for i := range candidates {
		n := 0
		for _, t := range x.asked {
			if x.has(&candidates[i], t) {
				n++
			}
		}
		if n == len(x.asked) {
			x.chosen = append(x.chosen, candidates[i])
		}
		if n > most {
			best, most = i, n
		}
	}
	if len(x.chosen) == 0 {
		x.chosen = candidates[best : best+1]
	}
}

// checkAsked notes how the tags of the question are rewritten, or says why the data points do not have
// them.
func (x *run) checkAsked(candidates []dataPoint) {
	for _, t := range x.asked {
		if x.has(&x.chosen[0], t) {
			x.noteRewritten(&x.chosen[0], t)
		} else {
			x.whyNot(&x.chosen[0], candidates, t)
		}
	}
}

// has reports whether a data point has a tag, with the key and value that are sent or that were recorded.
func (x *run) has(p *dataPoint, t model.Tag) bool {
	for _, point := range p.pointsOf(x.metric) {
		if v, ok := point.Tags[t.Key]; ok && v == t.Value {
			return true
		}
	}
	if isLabel(t.Key) && len(p.Points) > 0 && p.Spec.Kind >= convert.Histogram { // an attribute with this key is renamed
		return false
	}
	o := originOf(&p.DataPoint, t.Key)
	return o != nil && o.Value != "" && (o.Value == t.Value || len(o.From[0].Given) == 1 && o.From[0].Value == t.Value)
}

// noteRewritten notes that the key or value of a tag is sent in another form.
func (x *run) noteRewritten(p *dataPoint, t model.Tag) {
	o := originOf(&p.DataPoint, t.Key)
	if o == nil {
		return
	}
	if o.Key != t.Key {
		x.add(isNote, "sanitized-key", "Ask for the tag "+o.Key+".", "the attribute %s is sent as the tag %s", t.Key, o.Key)
	}
	if o.Value != t.Value && o.From[0].Value == t.Value {
		x.add(isNote, "rewritten-value", fmt.Sprintf("Ask for %s=%q. The rule is that of the server (APPTUIT_SERVER, APPTUIT_TAG_VALUES).", o.Key, o.Value),
			"the value %q of the tag %s is sent as %q, because the server cannot store it", t.Value, o.Key, o.Value)
	}
}

// whyNot says why a data point does not have a tag.
func (x *run) whyNot(p *dataPoint, candidates []dataPoint, t model.Tag) {
	for i := range candidates {
		for _, u := range candidates[i].Unused {
			if (u.Key == t.Key || plain(u.Key) == plain(t.Key)) && u.Value == t.Value {
				x.unused(u)
				return
			}
		}
	}
	o := originOf(&p.DataPoint, t.Key)
	if o == nil {
		x.noTag(p, candidates, t)
		return
	}
	first := o.From[0]
	source := p.sourceText(first.Source, o.Key)
	for _, c := range o.From[1:] {
		if c.Value == t.Value && o.Value != "" {
			x.add(isCause, "overridden", fmt.Sprintf("Ask for %s=%q, or remove the tag from the source that wins. Attributes of the data point override options, options override APPTUIT_TAGS, and APPTUIT_TAGS overrides resource attributes and the host.", o.Key, o.Value),
				"the tag %s=%q of %s is overridden by %q of %s", o.Key, t.Value, p.sourceText(c.Source, o.Key), first.Value, source)
			return
		}
	}
	switch {
	case o.Value == "":
		x.add(isCause, "empty-value", "Give the tag a value. An empty value also hides the values of sources with a lower precedence.",
			"the tag %s is left out, because its value from %s is empty", o.Key, source)
	case len(first.Given) > 1:
		x.add(isCause, "joined-values", fmt.Sprintf("Ask for %s=%q, or rename one of the attributes.", o.Key, o.Value),
			"%s become one tag, %s=%q: their keys are equal after sanitizing", keysText(first.Given), o.Key, o.Value)
	case isLabel(t.Key):
		x.label(p, t)
	case o.Key == "host":
		x.add(isCause, "wrong-host", "Ask for that host. The tag is host.name of the resource, or else the name of the machine; without host.name in the resource this command shows the name of this machine.",
			"the tag host is %q, not %q; it comes from %s", o.Value, t.Value, source)
	case slices.ContainsFunc(candidates, overflowed):
		x.overflow(t)
	default:
		advice := ""
		if values := valuesOf(candidates, o.Key); len(values) > 1 {
			advice = "Data points have " + some(values) + "."
			if near := nearest.Name(t.Value, values); near != "" {
				advice = fmt.Sprintf("Did you mean %q? ", near) + advice
			}
		}
		x.add(isCause, "other-value", advice, "the tag %s is %q, not %q; it comes from %s", o.Key, o.Value, t.Value, source)
	}
}

func (x *run) unused(u explain.Unused) {
	if u.Source == explain.Attribute {
		x.add(isCause, "attribute-filter", "Select it: APPTUIT_ATTRIBUTES, WithAttributeFilter.", "the attribute %s=%q is left out by the attribute filter", u.Key, u.Value)
		return
	}
	x.add(isCause, "resource-filter", "Select it: APPTUIT_RESOURCE_ATTRIBUTES, WithResourceAttributes. By default only service.name, service.namespace and service.instance.id become tags.",
		"the resource attribute %s=%q is not selected to become a tag", u.Key, u.Value)
}

// noTag says why a data point has no tag with a key.
func (x *run) noTag(p *dataPoint, candidates []dataPoint, t model.Tag) {
	switch {
	case t.Value == "":
		x.add(isCause, "empty-value", "Give the tag a value.", "a tag with an empty value, such as %s, is left out", t.Key)
	case slices.ContainsFunc(candidates, overflowed):
		x.overflow(t)
	case t.Key == "host":
		x.add(isCause, "no-host-tag", "Set APPTUIT_DISABLE_HOST_TAG=false.", "the points have no host tag: it is disabled")
	case strings.HasPrefix(t.Key, "otel_scope_") || strings.HasPrefix(t.Key, "otel.scope."):
		x.add(isCause, "no-scope-tags", "Set APPTUIT_SCOPE_TAGS=true, and in the reporter layout as well.", "the points have no scope tags: these are disabled, or the scope has none")
	case isLabel(t.Key):
		x.label(p, t)
	default:
		var keys []string
		for i := range candidates {
			for _, o := range candidates[i].Tags {
				keys = append(keys, o.Key)
			}
			for _, u := range candidates[i].Unused {
				if plain(u.Key) == plain(t.Key) {
					x.unused(u)
					return
				}
			}
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		advice := "The tags are " + some(keys) + "."
		if near := nearest.Name(t.Key, keys); near != "" {
			advice = "Did you mean " + near + "? " + advice
		}
		x.add(isCause, "no-such-tag", advice, "no data point has the tag or attribute %s", t.Key)
	}
}

// isLabel reports whether a key is le or quantile, the tags that points of histograms and summaries get.
func isLabel(key string) bool { return key == "le" || key == "quantile" }

// label explains why no point has a tag le or quantile with a value.
func (x *run) label(p *dataPoint, t model.Tag) {
	var values []string
	for _, point := range p.pointsOf(x.metric) {
		if point.Tags["exported_"+t.Key] == t.Value {
			x.add(isCause, "exported-label", "Ask for the tag exported_"+t.Key+", or rename the attribute.",
				"the attribute %s is sent as exported_%s: points of histograms have a tag %s of their own", t.Key, t.Key, t.Key)
			return
		}
		if v, ok := point.Tags[t.Key]; ok {
			values = append(values, v)
		}
	}
	advice := "Ask for one of " + some(values) + "."
	if len(values) == 0 {
		advice = "Histograms with explicit buckets have le, exponential histograms and summaries have quantile; APPTUIT_HISTOGRAMS changes it."
	}
	x.add(isCause, "other-label", advice, "no point of the %s has %s=%q", kindText(&p.DataPoint), t.Key, t.Value)
}

// overflowed reports whether a data point sums up the series beyond the SDK's cardinality limit.
func overflowed(p dataPoint) bool {
	return slices.Contains(p.Attributes, model.Tag{Key: convert.OverflowKey, Value: "true"})
}

func (x *run) overflow(t model.Tag) {
	x.add(isCause, "cardinality-limit", "Raise the limit (WithCardinalityLimit of the MeterProvider, 2,000 by default), or leave attributes out by a View.",
		"no data point has %s=%q, and the SDK's cardinality limit was reached: further series are summed up in the series with %s=true", t.Key, t.Value, convert.OverflowKey)
}

func keysText(tags []model.Tag) string {
	var texts []string
	for _, t := range tags {
		texts = append(texts, fmt.Sprintf("%s=%q", t.Key, t.Value))
	}
	return strings.Join(texts, " and ")
}

// valuesOf returns the values of a tag, sorted.
func valuesOf(candidates []dataPoint, key string) []string {
	values := map[string]bool{}
	for i := range candidates {
		if o := originOf(&candidates[i].DataPoint, key); o != nil && o.Value != "" {
			values[o.Value] = true
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// some lists at most eight texts.
func some(texts []string) string {
	const most = 8
	if len(texts) > most {
		return strings.Join(texts[:most], ", ") + fmt.Sprintf(" and %d more", len(texts)-most)
	}
	return strings.Join(texts, ", ")
}
