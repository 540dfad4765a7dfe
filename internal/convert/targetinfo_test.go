// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// target_info has only the tags of the resource, and no prefix. If the budget has room for it, it
// is kept until Close.
func TestTarget_HasTheTagsOfTheResourceOnly(t *testing.T) {
	for name, limit := range map[string]int64{"kept": 1 << 20, "the instrument is kept": instrumentCost + metricCost + 100, "not kept": 0} {
		t.Run(name, func(t *testing.T) {
			budget := NewBudget(limit)
			h := newHarness(t, Config{Names: Names{Prefix: "p.", Prometheus: true}, ScopeTags: true}, budget,
				Tags{Base: parseTags("host=web1"), Target: parseTags("host=web1,os_type=linux,x=")})
			for range 3 {
				wantPoints(t, h.export(func() { h.Target(stamp*1e9, h.next()) }), "target_info{host=web1,os_type=linux} 1")
				h.time = h.time.Add(2 * IdleTime)
			}
			h.close()
			if budget.Used() != 0 {
				t.Errorf("%d bytes are held after Close", budget.Used())
			}
		})
	}
	h := newHarness(t, Config{}, Tags{Base: parseTags("host=web1")})
	wantPoints(t, h.export(func() { h.Target(stamp*1e9, h.next()) }))
}

// All exports within one unit of time send target_info with the same timestamp.
func TestTarget_IsNotAdvanced(t *testing.T) {
	h := newHarness(t, Config{}, Tags{Target: parseTags("k=v")})
	for i := range uint64(20) {
		wantPoints(t, h.export(func() { h.Target(stamp*1e9+i, h.next()) }), "target_info{k=v} 1")
	}
}

// A target_info that cannot be sent is reported once. If an instrument has this name, its
// point is sent instead.
func TestTarget_IsRejectedAndCollidesAsOtherPoints(t *testing.T) {
	h := newHarness(t, Config{}, Tags{Target: parseTags(manyTags(26))})
	for _, want := range []string{"target_info{" + manyTags(26) + "} 1: tags: too many tags: a point has at most 25 tags, not 26 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)", "known"} {
		r := h.export(func() { h.Target(stamp*1e9, h.next()) })
		wantPoints(t, r)
		wantRejects(t, r, want)
	}
	h = newHarness(t, Config{}, Tags{Base: parseTags("k=v"), Target: parseTags("k=v")})
	r := h.export(func() {
		h.number("target.info", "", model.Int(7))
		h.Target(stamp*1e9, h.next())
	})
	wantPoints(t, r, "target_info{k=v} 7")
	wantRejects(t, r, `target_info{k=v} 1: "target.info" (scope "scope@1.0") and "target_info" (scope "") render to one series and timestamp: only the former is sent`)
}
