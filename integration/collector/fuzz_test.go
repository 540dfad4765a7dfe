// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// generator makes metrics from bytes, valid ones and malformed ones.
type generator struct{ bytes []byte }

func (g *generator) n(most int) int {
	if len(g.bytes) == 0 {
		return 0
	}
	b := g.bytes[0]
	g.bytes = g.bytes[1:]
	return int(b) % (most + 1)
}

func (g *generator) uint() uint64 {
	var b [8]byte
	g.bytes = g.bytes[copy(b[:g.n(8)], g.bytes):]
	return binary.LittleEndian.Uint64(b[:])
}

func (g *generator) float() float64 {
	switch g.n(9) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1)
	case 2:
		return math.Inf(-1)
	case 3:
		return math.Float64frombits(g.uint())
	case 4:
		return math.Copysign(0, -1)
	}
	return float64(g.n(50)) / 4
}

func (g *generator) floats() []float64 {
	f := make([]float64, g.n(4))
	for i := range f {
		f[i] = g.float()
	}
	if g.n(2) > 0 {
		slices.Sort(f)
	}
	return f
}

func (g *generator) counts() []uint64 {
	c := make([]uint64, g.n(5))
	for i := range c {
		c[i] = uint64(g.n(9))
		if g.n(9) == 9 {
			c[i] = g.uint()
		}
	}
	return c
}

func (g *generator) text() string {
	texts := []string{"a", "b", "a.b", "a_b", "", "ü", "\xff", "le", "quantile", "service.name", "host.name", "9", "\"\\\n\x00"}
	return texts[g.n(len(texts)-1)]
}

func (g *generator) value(v pcommon.Value, depth int) {
	switch k := g.n(8); {
	case k == 1:
		v.SetInt(int64(g.uint()))
	case k == 2:
		v.SetDouble(g.float())
	case k == 3:
		v.SetBool(true)
	case k == 4:
		v.SetEmptyBytes().FromRaw([]byte(g.text()))
	case k == 5 && depth > 0:
		for range g.n(3) {
			g.value(v.SetEmptySlice().AppendEmpty(), depth-1)
		}
	case k == 6 && depth > 0:
		g.attributes(v.SetEmptyMap(), depth-1)
	case k > 6:
		v.SetStr(g.text())
	}
}

func (g *generator) attributes(m pcommon.Map, depth int) {
	for range g.n(4) {
		g.value(m.PutEmpty(g.text()), depth)
	}
}

// common sets the fields that all data points have.
func (g *generator) common(dp interface {
	Attributes() pcommon.Map
	SetTimestamp(pcommon.Timestamp)
	SetFlags(pmetric.DataPointFlags)
},
) {
	g.attributes(dp.Attributes(), 2)
	dp.SetTimestamp(second(now + int64(g.n(2))))
	if g.n(9) == 9 {
		dp.SetTimestamp(pcommon.Timestamp(g.uint()))
	}
	dp.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(g.n(9) == 9))
}

func (g *generator) number(dp pmetric.NumberDataPoint) {
	g.common(dp)
	switch g.n(4) {
	case 1, 2:
		dp.SetIntValue(int64(g.uint()))
	case 3, 4:
		dp.SetDoubleValue(g.float())
	}
}

func (g *generator) metric(m pmetric.Metric) {
	m.SetName(g.text())
	m.SetUnit(g.text())
	kind, points := g.n(5), g.n(3)
	switch kind {
	case 0:
		for dps := m.SetEmptyGauge().DataPoints(); points > 0; points-- {
			g.number(dps.AppendEmpty())
		}
	case 1:
		for dps := m.SetEmptySum().DataPoints(); points > 0; points-- {
			g.number(dps.AppendEmpty())
		}
	case 2:
		for dps := m.SetEmptyHistogram().DataPoints(); points > 0; points-- {
			dp := dps.AppendEmpty()
			g.common(dp)
			dp.SetCount(g.uint())
			set(g, dp.SetSum, dp.SetMin, dp.SetMax)
			dp.ExplicitBounds().FromRaw(g.floats())
			dp.BucketCounts().FromRaw(g.counts())
		}
	case 3:
		for dps := m.SetEmptyExponentialHistogram().DataPoints(); points > 0; points-- {
			dp := dps.AppendEmpty()
			g.common(dp)
			dp.SetCount(g.uint())
			dp.SetZeroCount(uint64(g.n(3)))
			dp.SetZeroThreshold(g.float())
			dp.SetScale(int32(g.uint()))
			set(g, dp.SetSum, dp.SetMin, dp.SetMax)
			dp.Positive().SetOffset(int32(g.uint()))
			dp.Positive().BucketCounts().FromRaw(g.counts())
			dp.Negative().SetOffset(int32(g.uint()))
			dp.Negative().BucketCounts().FromRaw(g.counts())
		}
	case 4:
		for dps := m.SetEmptySummary().DataPoints(); points > 0; points-- {
			dp := dps.AppendEmpty()
			g.common(dp)
			dp.SetCount(g.uint())
			dp.SetSum(g.float())
			for range g.n(3) {
				q := dp.QuantileValues().AppendEmpty()
				q.SetQuantile(g.float())
				q.SetValue(g.float())
			}
		}
	}
}

func set(g *generator, setters ...func(float64)) {
	for _, s := range setters {
		if g.n(2) > 0 {
			s(g.float())
		}
	}
}

func (g *generator) metrics() pmetric.Metrics {
	md := pmetric.NewMetrics()
	for range g.n(3) {
		rm := md.ResourceMetrics().AppendEmpty()
		g.attributes(rm.Resource().Attributes(), 2)
		for range g.n(3) {
			sm := rm.ScopeMetrics().AppendEmpty()
			sm.Scope().SetName(g.text())
			g.attributes(sm.Scope().Attributes(), 1)
			for range g.n(6) {
				g.metric(sm.Metrics().AppendEmpty())
			}
		}
	}
	return md
}

// wirePoints returns the number of points that all data points become, by the rules in the
// package comment of convert.
func wirePoints(md pmetric.Metrics) int64 {
	n := 0
	some := func(values ...float64) {
		for _, v := range values {
			if !math.IsNaN(v) {
				n++
			}
		}
	}
	optional := func(has bool, v float64) {
		if has {
			some(v)
		}
	}
	numbers := func(dps pmetric.NumberDataPointSlice) {
		for _, dp := range dps.All() {
			if !dp.Flags().NoRecordedValue() && dp.ValueType() != pmetric.NumberDataPointValueTypeEmpty {
				n++
			}
		}
	}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				switch m.Type() {
				case pmetric.MetricTypeGauge:
					numbers(m.Gauge().DataPoints())
				case pmetric.MetricTypeSum:
					numbers(m.Sum().DataPoints())
				case pmetric.MetricTypeHistogram:
					for _, dp := range m.Histogram().DataPoints().All() {
						if dp.Flags().NoRecordedValue() {
							continue
						}
						n++ // count
						optional(dp.HasSum(), dp.Sum())
						optional(dp.HasMin(), dp.Min())
						optional(dp.HasMax(), dp.Max())
						n += bucketPoints(dp)
					}
				case pmetric.MetricTypeExponentialHistogram:
					for _, dp := range m.ExponentialHistogram().DataPoints().All() {
						if dp.Flags().NoRecordedValue() {
							continue
						}
						n++
						optional(dp.HasSum(), dp.Sum())
						optional(dp.HasMin(), dp.Min())
						optional(dp.HasMax(), dp.Max())
						n += quantiles(dp)
					}
				case pmetric.MetricTypeSummary:
					for _, dp := range m.Summary().DataPoints().All() {
						if dp.Flags().NoRecordedValue() {
							continue
						}
						n++
						some(dp.Sum())
						malformed := false
						for _, q := range dp.QuantileValues().All() {
							malformed = malformed || math.IsNaN(q.Quantile())
						}
						for _, q := range dp.QuantileValues().All() {
							if malformed {
								n++ // rejected
								continue
							}
							some(q.Value())
						}
					}
				}
			}
		}
	}
	return int64(n)
}

// zeroSums counts the sums of histograms that are 0, which may not have been recorded.
func zeroSums(md pmetric.Metrics) (n int64) {
	count := func(has bool, sum float64) {
		if has && sum == 0 {
			n++
		}
	}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				switch m.Type() {
				case pmetric.MetricTypeHistogram:
					for _, dp := range m.Histogram().DataPoints().All() {
						count(dp.HasSum(), dp.Sum())
					}
				case pmetric.MetricTypeExponentialHistogram:
					for _, dp := range m.ExponentialHistogram().DataPoints().All() {
						count(dp.HasSum(), dp.Sum())
					}
				}
			}
		}
	}
	return n
}

// bucketPoints returns the number of bucket points of a histogram. Those of a malformed histogram
// are rejected, one for each bucket that its bounds define.
func bucketPoints(dp pmetric.HistogramDataPoint) int {
	bounds, counts := dp.ExplicitBounds().AsRaw(), dp.BucketCounts().AsRaw()
	malformed := len(counts) != len(bounds)+1 && len(bounds)+len(counts) > 0
	for i, b := range bounds {
		malformed = malformed || math.IsNaN(b) || math.IsInf(b, -1) || i > 0 && b <= bounds[i-1]
	}
	if last := len(bounds) - 1; !malformed && last >= 0 && math.IsInf(bounds[last], 1) {
		return len(bounds) // le="+Inf" twice would be one series
	}
	return len(bounds) + 1
}

// quantiles returns the number of quantiles of an exponential histogram: five, or none without
// values. The threshold of the zero bucket must be a number.
func quantiles(dp pmetric.ExponentialHistogramDataPoint) int {
	counts := slices.Concat(dp.Positive().BucketCounts().AsRaw(), dp.Negative().BucketCounts().AsRaw(), []uint64{dp.ZeroCount()})
	if slices.ContainsFunc(counts, func(n uint64) bool { return n > 0 }) {
		return 5
	}
	return 0
}

// odd reports whether an exponential histogram has a zero bucket whose threshold is not a number.
// Its number of quantiles is not predicted.
func odd(md pmetric.Metrics) bool {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Type() != pmetric.MetricTypeExponentialHistogram {
					continue
				}
				for _, dp := range m.ExponentialHistogram().DataPoints().All() {
					if f := dp.ZeroThreshold(); math.IsNaN(f) || math.IsInf(f, 0) {
						return true
					}
				}
			}
		}
	}
	return false
}

// FuzzPush pushes arbitrary metrics to a server with arbitrary answers, until no data is returned.
// It must end, and each point must have one outcome.
func FuzzPush(f *testing.F) {
	f.Add([]byte{}, []byte{}, false)
	for seed := range 16 {
		b := make([]byte, 600)
		for i := range b {
			b[i] = byte(i*i*(2*seed+1) + i*31*seed + seed)
		}
		f.Add(b, []byte{byte(seed), byte(3 * seed), 5, byte(seed / 2), 7}, false)
		f.Add([]byte(numbers(f, (&generator{b}).metrics())), []byte{2, byte(seed)}, true)
	}
	for _, md := range []pmetric.Metrics{numbered(3), one()} {
		f.Add([]byte(numbers(f, md)), []byte{1, 2}, true)
	}
	f.Fuzz(func(t *testing.T, data, answers []byte, proto bool) {
		md := (&generator{data}).metrics()
		if proto {
			var err error
			if md, err = (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(data); err != nil {
				return
			}
		}
		md.MarkReadOnly()
		before := numbers(t, md)
		r := newRig(t, func(cfg *Config) {
			cfg.ScopeTags = len(answers)%2 == 1
			cfg.PrometheusNames = len(answers)%4 > 1
			cfg.MaxBatchPoints = 1 + len(answers)
			cfg.CacheBytes = int64(len(data)) * 100
		})
		for _, a := range answers[:min(len(answers), 40)] {
			r.srv.Fail(fault(a))
		}
		var total, zeros int64
		for left, push := md, 0; ; push++ {
			if push > 50 {
				t.Fatal("no end")
			}
			total += wirePoints(left)
			zeros += zeroSums(left)
			err := r.e.push(t.Context(), left)
			var partial consumererror.Metrics
			if !errors.As(err, &partial) {
				if err != nil && !consumererror.IsPermanent(err) {
					t.Fatalf("error %v", err)
				}
				break
			}
			if consumererror.IsPermanent(err) {
				t.Fatalf("permanent, with data to be pushed again: %v", err)
			}
			next := partial.Data()
			if n := next.DataPointCount(); n == 0 || n > left.DataPointCount() {
				t.Fatalf("%d of %d data points are to be pushed again", n, left.DataPointCount())
			}
			left = next
		}
		if numbers(t, md) != before {
			t.Error("the data has changed")
		}
		got := r.tally(t)
		if n := got.total(); (n > total || n < total-zeros) && !odd(md) {
			t.Errorf("%+v add up to %d, not to %d without up to %d sums", got, n, total, zeros)
		}
		if stored := int64(r.srv.Total()); stored != got.Accepted {
			t.Errorf("%d points accepted, %d arrived", got.Accepted, stored)
		}
	})
}

// fault returns an answer of the server, which accepts all points after the last one.
func fault(b byte) apptuittest.Fault {
	refuse := func(reason string) apptuittest.Fault {
		n := 0
		return apptuittest.Reject(func(apptuittest.Point) string {
			n++
			if n%(int(b)%3+2) == 0 {
				return reason
			}
			return ""
		})
	}
	switch b % 10 {
	case 0:
		return apptuittest.Fault{}
	case 1:
		return apptuittest.TooManyRequests("3")
	case 2:
		return refuse("Please throttle")
	case 3:
		return refuse("no such metric")
	case 4:
		return apptuittest.Status(413)
	case 5:
		return apptuittest.Status(404)
	case 6:
		return apptuittest.Status(401)
	case 7:
		return apptuittest.Fault{Status: 400, Body: "{", ContentType: "application/json"}
	case 8:
		return apptuittest.Fault{Status: 200, Body: "<html>"}
	default:
		return apptuittest.Status(503)
	}
}
