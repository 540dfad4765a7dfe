// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// The tags of ours that tell the series of one point apart.
const (
	le = iota
	quantile
	labelKinds
)

// labelKey returns the key of a tag of ours.
func labelKey(l int) string {
	if l == le {
		return "le"
	}
	return "quantile"
}

// labelSuffix returns the suffix of the series that have the tag.
func labelSuffix(l int) Suffix {
	if l == le {
		return SuffixBucket
	}
	return SuffixNone
}

// labelTexts are the tags that the last point of an instrument had, of one key.
type labelTexts struct {
	values  []float64
	texts   []string // how they are rendered, and +Inf
	repeats bool     // one of them does
}

// labelSeries are the series of a point that have a tag of one key.
type labelSeries struct {
	values []float64
	series []*put.Series // one a value, and +Inf
}

// formatLabel is how Prometheus prints bounds and quantiles.
func formatLabel(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// labelledOf returns the series of value i, the last one being le="+Inf".
func (c *Converter[K]) labelledOf(p *Point[K], l, i int) *put.Series {
	set := &p.detail.labels[l]
	at := &set.series[i]
	if *at != nil {
		return *at
	}
	text := "+Inf"
	if i < len(set.values) {
		text = formatLabel(set.values[i])
	}
	c.merged = model.WithTag(c.merged[:0], p.detail.tags, model.Tag{Key: labelKey(l), Value: text})
	return c.series(p, at, labelSuffix(l), c.merged)
}

// relabel gives the point its bounds or quantiles, if they are new.
func (c *Converter[K]) relabel(p *Point[K], l int, values []float64) {
	if p.grouped() {
		c.prepare(p, l, values)
	}
	if p.detail == nil {
		return
	}
	set := &p.detail.labels[l]
	if len(set.series) > 0 && slices.Equal(set.values, values) {
		return
	}
	c.releaseAll(p, set.series)
	if p.kept {
		if cost := 16 * int64(len(values)+1-len(set.series)); c.charge(cost) {
			p.detail.cost += cost
		} else {
			c.evict(p)
		}
	}
	set.values = append(set.values[:0], values...)
	set.series = append(set.series[:0], make([]*put.Series, len(values)+1)...)
}

// prepare renders the tags of ours that a point has, and +Inf. A group in which
// one comes twice is expanded: its series would collide unseen.
func (c *Converter[K]) prepare(p *Point[K], l int, values []float64) {
	set := &p.instrument.labels[l]
	if len(set.texts) != len(values)+1 || !slices.Equal(set.values, values) {
		set.values = append(set.values[:0], values...)
		set.texts = set.texts[:0]
		seen := make(map[string]bool, len(values))
		for _, v := range values {
			set.texts = append(set.texts, renderLabel(l, formatLabel(v)))
			seen[set.texts[len(set.texts)-1]] = true
		}
		set.repeats = len(seen) < len(values)
		set.texts = append(set.texts, renderLabel(l, "+Inf"))
	}
	if set.repeats && c.lost == nil {
		c.expand(p)
	}
}

func renderLabel(l int, value string) string {
	return string(put.AppendTags(nil, []model.Tag{{Key: labelKey(l), Value: value}}))
}

// placeOf returns where a tag of a key belongs in rendered tags, from a place on
// that is the beginning of one, or the end.
func placeOf(tags string, from int, key string) int {
	for from < len(tags) {
		name, rest, _ := strings.Cut(tags[from+1:], `"`)
		if name >= key {
			return from
		}
		i := len(`:"`)
		for rest[i] != '"' {
			if rest[i] == '\\' {
				i++
			}
			i++
		}
		from = len(tags) - len(rest) + i + 1
		if from < len(tags) {
			from++ // the comma
		}
	}
	return from
}
