// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"
)

// The key attributes selects attributes of data points, not of the resource, by their original
// keys.
func TestAttributes_SelectsTagsOfDataPoints(t *testing.T) {
	for _, tt := range []struct {
		name     string
		chosen   ChosenAttributes
		want     string
		filtered int64
	}{
		{"all", ChosenAttributes{}, "m{http_route=/cart, otel_metric_overflow=true, service_name=shop, user_id=7, user_name=ann}", -1},
		{"excluded", ChosenAttributes{Excluded: []string{"user.*"}}, "m{http_route=/cart, otel_metric_overflow=true, service_name=shop}", 2},
		{"included", ChosenAttributes{Included: []string{"*.id", "http.?????"}}, "m{http_route=/cart, otel_metric_overflow=true, service_name=shop, user_id=7}", 2},
		{"both", ChosenAttributes{Included: []string{"user.*"}, Excluded: []string{"*.id"}}, "m{otel_metric_overflow=true, service_name=shop, user_name=ann}", 2},
		{"none", ChosenAttributes{Excluded: []string{"*"}}, "m{otel_metric_overflow=true, service_name=shop}", 2},
		{"nothing is left out", ChosenAttributes{Excluded: []string{"service.name"}}, "m{http_route=/cart, otel_metric_overflow=true, service_name=shop, user_id=7, user_name=ann}", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(cfg *Config) { cfg.Attributes = tt.chosen })
			for range 2 { // the second time the point is known
				md := pmetric.NewMetrics()
				gauge(from(md), "m", 1, "user.id", 7, "user.name", "ann", "http.route", "/cart", "otel.metric.overflow", true)
				r.mustPush(md)
				r.want(tt.want + " 1700000000 1.0")
			}
			if got := r.dataPoints(t, "filtered"); got != tt.filtered {
				t.Errorf("%d data points have lost attributes, want %d", got, tt.filtered)
			}
		})
	}
}

// A data point with too many attributes can be sent without some of them. Data points that become
// equal collide, and the log names the reason.
func TestAttributes_DataPointsThatBecomeEqualCollide(t *testing.T) {
	many := []any{"user", "a"}
	for i := range 30 {
		many = append(many, fmt.Sprintf("k%02d", i), i)
	}
	r := newRig(t, func(cfg *Config) { cfg.Attributes.Excluded = []string{"k*"} })
	md := pmetric.NewMetrics()
	metrics := from(md)
	gauge(metrics, "m", 1, many...)
	gauge(metrics, "m", 2, "user", "a")
	gauge(metrics, "m", 3, "user", "b")
	r.mustPush(md)
	r.want("m{service_name=shop, user=a} 1700000000 1.0", "m{service_name=shop, user=b} 1700000000 3.0")
	if got := r.tally(t); got != (tally{Accepted: 2, Rejected: 1}) {
		t.Errorf("%+v", got)
	}
	if got := r.dataPoints(t, "filtered"); got != 1 {
		t.Errorf("%d data points have lost attributes, want 1", got)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], `two points of "m"`, "the attribute filter leaves out")
}
