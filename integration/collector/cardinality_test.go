// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"
)

// The first overflowed data point of each metric and scope is logged, whatever its resource. All
// are counted.
func TestPush_LogsOverflowOncePerMetric(t *testing.T) {
	r := newRig(t, nil)
	for i := range 4 {
		md := pmetric.NewMetrics()
		metrics := from(md, "service.instance.id", fmt.Sprint(i%2))
		gauge(metrics, "m", 1, "otel.metric.overflow", true)
		gauge(metrics, "fine", 1, "k", "v")
		r.mustPush(md)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], "A metric has many series.", `"m" (scope "")`, "cardinality limit")
	if n := r.dataPoints(t, "overflowed"); n != 4 {
		t.Errorf("%d data points are counted, want 4", n)
	}
}

func TestPush_CountsOverflowFromFirstPushOn(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	gauge(from(md), "m", 1)
	r.mustPush(md)
	if n := r.dataPoints(t, "overflowed"); n != 0 {
		t.Errorf("the counter is %d", n)
	}
}

// A push is a part of a collection, so that series of several pushes count.
func TestCardinalityWarning_CountsSeriesOfSeveralPushes(t *testing.T) {
	for _, tt := range []struct {
		name        string
		warning     int
		wantWarning bool
	}{
		{"by default", 0, false}, {"not reached", 30, false}, {"exceeded", 29, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(cfg *Config) { cfg.CardinalityWarning = tt.warning })
			for push := range 6 {
				md := pmetric.NewMetrics()
				metrics := from(md)
				for i := range 10 {
					gauge(metrics, "m", 1, "k", 10*(push%3)+i)
				}
				r.mustPush(md)
			}
			logged := r.lines(zapcore.WarnLevel)
			if len(logged) > 1 || (len(logged) == 1) != tt.wantWarning {
				t.Fatalf("logged %q", logged)
			}
			if tt.wantWarning {
				contains(t, logged[0], `"m" (scope "") has 30 series, more than the 29`)
			}
		})
	}
}
