// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// bubbleStart is the time at which the cases of reports begin.
const bubbleStart = 946684800

// interval is the time from one report of a case to the next.
type interval struct {
	end    float64 // seconds since the start
	values map[string][]float64
}

// timestamp returns the timestamp of the points of a report.
func (i *interval) timestamp() string {
	return strconv.FormatInt(bubbleStart+int64(i.end), 10)
}

// intervals returns the intervals of a case, with the observations of each histogram and timer by kind and
// name.
func (r *reporting) intervals() []interval {
	var all []interval
	now, values := 0.0, map[string][]float64{}
	for _, s := range r.steps {
		for _, o := range s.Observe {
			if o.Kind == "histogram" || o.Kind == "timer" {
				values[o.Kind+" "+o.Name] = append(values[o.Kind+" "+o.Name], float64(o.Value))
			}
		}
		now += float64(s.Advance)
		if s.Report {
			all = append(all, interval{now, values})
			values = map[string][]float64{}
		}
	}
	return all
}

// statistic computes a statistic of values like pyformance. The suffix of the metric selects the
// statistic.
func statistic(suffix string, values []float64) (v float64, ok bool) {
	sorted := slices.Sorted(slices.Values(values))
	n := float64(len(sorted))
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	rank := map[string]float64{"50_percentile": 0.5, "75_percentile": 0.75, "95_percentile": 0.95, "99_percentile": 0.99, "999_percentile": 0.999}
	switch {
	case suffix == "avg":
		return sum / n, true
	case suffix == "min":
		return sorted[0], true
	case suffix == "max":
		return sorted[len(sorted)-1], true
	case suffix == "std_dev":
		if n < 2 {
			return 0, true
		}
		squares := 0.0
		for _, v := range values {
			squares += (v - sum/n) * (v - sum/n)
		}
		return math.Sqrt(squares / (n - 1)), true
	case rank[suffix] > 0:
		position := rank[suffix] * (n + 1)
		if position < 1 {
			return sorted[0], true
		}
		if position >= n {
			return sorted[len(sorted)-1], true
		}
		lower, upper := sorted[int(position)-1], sorted[int(position)]
		return lower + (position-math.Floor(position))*(upper-lower), true
	}
	return 0, false
}

// tolerance is the documented bound of the error of a percentile that is estimated from exponential
// buckets, relative to the largest value.
func tolerance(values []float64) float64 {
	const maxSize, maxScale = 160, 20
	for scale := maxScale; scale > -10; scale-- {
		index := func(v float64) float64 { return math.Ceil(math.Ldexp(math.Log2(math.Abs(v)), scale)) }
		fits := true
		for _, sign := range []float64{1, -1} {
			least, most := math.Inf(1), math.Inf(-1)
			for _, v := range values {
				if v*sign > 0 {
					least, most = min(least, index(v)), max(most, index(v))
				}
			}
			fits = fits && most-least < maxSize
		}
		if fits {
			return (math.Exp2(math.Ldexp(1, -scale)) - 1) / 2
		}
	}
	return 0
}

// distribution calls edit for each point of a histogram or timer of a case with the
// name m or n, with its suffix and the values of its interval.
func (r *reporting) distribution(o *outcome, edit func(p *point, kind, suffix string, values []float64) (keep bool)) {
	intervals := r.intervals()
	kinds := map[string]string{}
	for _, i := range intervals {
		for key := range i.values {
			kind, name, _ := strings.Cut(key, " ")
			kinds[name] = kind
		}
	}
	o.points(func(p *point) bool {
		name, suffix, _ := strings.Cut(p.Metric, "_")
		kind, ok := kinds[name]
		at := slices.IndexFunc(intervals, func(i interval) bool { return i.timestamp() == p.Timestamp })
		if !ok || at < 0 {
			return true
		}
		return edit(p, kind, suffix, intervals[at].values[kind+" "+name])
	})
}

func float(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// pythonFloat writes a float as Python does, for values that need no exponent.
func pythonFloat(f float64) string {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if f == math.Trunc(f) && math.Abs(f) < 1e16 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return text
}

// near reports whether two values differ by no more than rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) }

// matched calls edit for each of their points, with our value of the same series and time.
func (x *exchange) matched(edit func(p *point, ours string)) {
	ours := map[string]string{}
	for _, p := range x.Ours.Sent {
		ours[p.series()+p.Timestamp] = p.Value
	}
	x.Theirs.points(func(p *point) bool {
		if value, ok := ours[p.series()+p.Timestamp]; ok {
			edit(p, value)
		}
		return true
	})
}

// reported removes the errors of reports from an outcome, and marks all points as accepted by the server.
func (o *outcome) reported() {
	maps.DeleteFunc(o.Facts, func(name, _ string) bool {
		return strings.HasPrefix(name, "report ") || strings.HasPrefix(name, "handled error ")
	})
	o.delivered()
}

// refusedReport changes the first report: our client refuses a point of it.
func (o *outcome) refusedReport() {
	o.reported()
	delete(o.Facts, "refused points")
	o.Facts["report 0"] = "ApptuitSendException"
	o.Facts["handled error 0"] = "status 0, 0 successful, 1 failed, 1 listed"
}

// movingAverage is pyformance's ExpWeightedMovingAvg.
type movingAverage struct {
	window, rate, last, uncounted float64
}

func (m *movingAverage) report(now float64) float64 {
	if elapsed := now - m.last; elapsed >= 5 {
		instant := m.uncounted / elapsed
		if m.rate < 0 {
			m.rate = instant
		} else {
			m.rate += (1 - math.Exp(-elapsed/m.window)) * (instant - m.rate)
		}
		m.last, m.uncounted = now, 0
	}
	return max(m.rate, 0)
}

// reportDifferences returns the differences of the area "reports".
func reportDifferences() []difference {
	of := func(x *exchange) *reportingRun { return x.Input.(*reportingRun) }
	list := []difference{
		{
			python: "`retry_count` of the reporter is used as the timeout of a request: with its default of 0, no report is ever sent",
			ours:   "timeout and retries are options of the client",
			reason: "a bug of apptuit-py: `self.client.send(dps, self.retry_count)`. The other tests set it to 60",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter.report_now`",
			edit: func(x *exchange) {
				if of(x).python["retry_count"] == "unset" && x.Theirs.Facts["report 0"] == "ValueError" {
					*x.Theirs = *x.Ours.clone()
				}
			},
		},
		{
			python: "if a meter or timer is reported at the moment of its creation, a division by zero ends the report",
			ours:   "its rates are 0",
			reason: "a bug of pyformance",
			source: "pyformance, meters/meter.py, `Meter.get_mean_rate`",
			edit: func(x *exchange) {
				if x.Theirs.Facts["report 0"] == "ZeroDivisionError" {
					*x.Theirs = *x.Ours.clone()
				}
			},
		},
		{
			python: "a point that cannot be sent, because of its name or more than 25 tags, discards the report, and the error handler is not called",
			ours:   "the other points are sent, and the error handler is called",
			reason: "one invalid point must not discard a report",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter.report_now`",
			edit: func(x *exchange) {
				if x.Theirs.Facts["report 0"] == "ValueError" {
					*x.Theirs = *of(x).oneByOne()
					x.Theirs.refusedReport()
				}
			},
		},
		{
			python: "NaN and infinities are sent, which is not JSON: the server refuses the whole report",
			ours:   "the point is refused",
			reason: "other points must not be lost. NaN is the value of a gauge that was never set",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				n := len(x.Theirs.Sent)
				x.Theirs.withhold(func(p *point) bool { return !isNumber(p.Value) })
				if len(x.Theirs.Sent) < n {
					x.Theirs.refusedReport()
				}
			},
		},
		{
			python: "a tag with an empty value is sent, and the server refuses the point",
			ours:   "the tag is omitted, and suppresses the same tag of sources with a lower precedence",
			reason: "OpenTSDB refuses empty values; `host=\"\"` removes the host tag",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter._collect_data_points`",
			edit: func(x *exchange) {
				changed := false
				x.Theirs.repair(func(p *point) bool {
					dropped := p.dropTags("")
					changed = changed || dropped
					return dropped
				})
				if changed {
					x.Theirs.reported()
				}
			},
		},
		{
			python: "if sanitizing makes several tag keys equal, the value of the last key is sent",
			ours:   "their values are joined with `;`",
			reason: "no value is lost; OpenTelemetry's Prometheus exporter does the same",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				all := map[string]map[string]string{} // joined tags, by the name of the instrument
				for _, o := range of(x).steps[0].Observe {
					if tags := rendered(o.Tags); len(tags) < len(o.Tags) {
						all[o.Name] = tags
					}
				}
				x.Theirs.points(func(p *point) bool {
					name, _, _ := strings.Cut(p.Metric, "_")
					for key, joined := range all[name] {
						if strings.HasSuffix(joined, ";"+p.Tags[key]) {
							p.Tags[key] = joined
						}
					}
					return true
				})
			},
		},
		{
			python: "digits and numbers outside ASCII are sent in names",
			ours:   "they become `_`, and are refused in mode none. If instruments differ only in such characters, the first instrument is sent",
			reason: "outside ASCII, only letters are valid (see above)",
			source: "utils.py, `VALID_REGEX` and `APPTUIT_SANITIZE_REGEX`",
			edit: func(x *exchange) {
				numbered := func(name string) bool { return withoutNumbers(name) != name }
				if !slices.ContainsFunc(x.Theirs.Sent, func(p point) bool { return slices.ContainsFunc(p.names(), numbered) }) {
					return
				}
				sent := map[string]bool{}
				refused := 0
				var kept []point
				for _, p := range x.Theirs.Sent {
					invalid := of(x).mode == "None" && slices.ContainsFunc(p.names(), numbered)
					p.rename(withoutNumbers)
					if invalid || sent[p.series()] {
						refused++
					} else {
						kept = append(kept, p)
					}
					sent[p.series()] = true
				}
				x.Theirs.Sent = kept
				x.Theirs.reported()
				if refused > 0 {
					x.Theirs.refusedReport()
					x.Theirs.Facts["handled error 0"] = fmt.Sprintf("status 0, 0 successful, %d failed, %[1]d listed", refused)
				}
			},
		},
		{
			python: "there is no resource",
			ours:   "`service.name`, `service.namespace` and `service.instance.id` of the resource are tags; `WithResourceAttributes` selects other attributes, or none",
			reason: "OpenTelemetry identifies services by these attributes. The other tests select none",
			edit: func(x *exchange) {
				if of(x).service {
					x.Theirs.points(func(p *point) bool {
						p.Tags["service_name"] = "shop"
						return true
					})
				}
			},
		},
		{
			python: "the timestamp of a report is rounded to seconds",
			ours:   "it is truncated",
			reason: "a point must not be in the future, which some servers refuse",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter._collect_data_points`",
			edit: func(x *exchange) {
				intervals := of(x).intervals()
				x.Theirs.points(func(p *point) bool {
					for _, i := range intervals {
						if p.Timestamp == strconv.FormatInt(bubbleStart+int64(math.RoundToEven(i.end)), 10) {
							p.Timestamp = i.timestamp()
							break
						}
					}
					return true
				})
			},
		},
		{
			python: "a timer ignores negative durations",
			ours:   "negative durations are recorded, as by the SDK's histograms",
			reason: "Go's clock is monotonic, so that a negative value is intended by the program",
			source: "pyformance, meters/timer.py, `Timer._update`",
			edit: func(x *exchange) {
				r := of(x)
				r.distribution(x.Theirs, func(p *point, kind, suffix string, values []float64) bool {
					if kind != "timer" || !slices.ContainsFunc(values, func(v float64) bool { return v < 0 }) {
						return true
					}
					n, elapsed := float64(len(values)), float64(r.steps[0].Advance)
					switch v, ok := statistic(suffix, values); {
					case ok:
						p.Value = pythonFloat(v)
					case suffix == "count":
						p.Value = pythonFloat(n)
					case suffix == "sum":
						avg, _ := statistic("avg", values)
						p.Value = pythonFloat(avg * n)
					default:
						p.Value = pythonFloat(n / elapsed)
					}
					return true
				})
			},
		},
		{
			python: "the minimum of a histogram is at most 2147483647, its maximum at least -2147483647",
			ours:   "both are correct",
			reason: "a bug of pyformance, which begins with these values",
			source: "pyformance, meters/histogram.py, `Histogram.clear`",
			edit: func(x *exchange) {
				of(x).distribution(x.Theirs, func(p *point, _, suffix string, values []float64) bool {
					if strings.TrimPrefix(p.Value, "-") == "2147483647.0" {
						v, _ := statistic(suffix, values)
						p.Value = pythonFloat(v)
					}
					return true
				})
			},
		},
		{
			python: "the standard deviation is wrong if the mean of the first values is -1",
			ours:   "the standard deviation is right",
			reason: "a bug of pyformance, which reads a mean of -1 as no mean",
			source: "pyformance, meters/histogram.py, `Histogram._update_var`",
			edit: func(x *exchange) {
				of(x).distribution(x.Theirs, func(p *point, _, suffix string, values []float64) bool {
					if suffix == "std_dev" && len(values) > 0 && values[0] == -1 {
						v, _ := statistic(suffix, values)
						p.Value = pythonFloat(v)
					}
					return true
				})
			},
		},
		{
			python: "average, minimum, maximum and standard deviation are computed over the lifetime, and percentiles over a sample in which old values decay",
			ours:   "all are computed from the observations since the last report, and are not sent if there were none",
			reason: "a value of the last interval shows a change; a value of the lifetime hardly changes after an hour",
			source: "pyformance, meters/histogram.py and stats/samples.py",
			edit: func(x *exchange) {
				of(x).distribution(x.Theirs, func(p *point, _, suffix string, values []float64) bool {
					if _, ok := statistic(suffix, []float64{0}); !ok {
						return true
					}
					if len(values) == 0 {
						return false
					}
					if v, _ := statistic(suffix, values); !near(float(p.Value), v) && math.Abs(float(p.Value)-v) > 1e-9*tolerable(values) {
						p.Value = pythonFloat(v)
					}
					return true
				})
			},
		},
		{
			python: "percentiles and standard deviations are computed from values",
			ours:   "they are estimated from exponential buckets with an error of at most (2^(2^-scale) − 1)/2, which is 1.1 % if all values of an interval are within a factor of 32",
			reason: "a histogram of the SDK has buckets, which include every value",
			source: "pyformance, stats/snapshot.py",
			edit: func(x *exchange) {
				bounds := map[string]float64{}
				of(x).distribution(x.Theirs, func(p *point, _, suffix string, values []float64) bool {
					switch {
					case suffix == "std_dev":
						bounds[p.series()+p.Timestamp] = 2 * tolerance(values) * tolerable(values)
					case strings.HasSuffix(suffix, "_percentile"):
						bounds[p.series()+p.Timestamp] = tolerance(values) * math.Abs(float(p.Value))
						if values != nil && slices.Min(values) < 0 {
							bounds[p.series()+p.Timestamp] = tolerance(values) * tolerable(values)
						}
					}
					return true
				})
				x.matched(func(p *point, ours string) {
					if bound, ok := bounds[p.series()+p.Timestamp]; ok && math.Abs(float(p.Value)-float(ours)) <= bound*(1+1e-9) {
						p.Value = ours
					}
				})
			},
		},
		{
			python: "a histogram or timer without observations is reported in each interval",
			ours:   "the count, sum and rates of an interval without observations are sent with the next report, and only if the next interval has no observations either",
			reason: "with delta temporality, the SDK does not export a histogram without observations, and the exporter cannot distinguish a late report from a missing report",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter._collect_data_points`",
			edit: func(x *exchange) {
				r := of(x)
				last := map[string]bool{} // kind, name and timestamp
				reported := map[string][]float64{}
				intervals := r.intervals()
				counts := map[string]map[float64]float64{}
				for n, i := range intervals {
					for key := range allKeys(intervals[:n+1]) {
						if len(i.values[key]) == 0 && (n+1 == len(intervals) || len(intervals[n+1].values[key]) > 0) {
							last[key+" "+i.timestamp()] = true
							continue
						}
						if counts[key] == nil {
							counts[key] = map[float64]float64{}
						}
						reported[key] = append(reported[key], i.end)
						counts[key][i.end] = float64(len(i.values[key]))
					}
				}
				omitted := map[string]bool{}
				r.distribution(x.Theirs, func(p *point, kind, _ string, _ []float64) bool {
					name, _, _ := strings.Cut(p.Metric, "_")
					omitted[name] = omitted[name] || last[kind+" "+name+" "+p.Timestamp]
					return !last[kind+" "+name+" "+p.Timestamp]
				})
				r.distribution(x.Theirs, func(p *point, kind, suffix string, _ []float64) bool {
					name, _, _ := strings.Cut(p.Metric, "_")
					minutes, isRate := map[string]float64{"1m_rate": 1, "5m_rate": 5, "15m_rate": 15}[suffix]
					if !isRate || !omitted[name] {
						return true
					}
					key := kind + " " + name
					average, begun := movingAverage{window: 60 * minutes, rate: -1}, r.begun(key)
					average.last = begun
					for _, end := range reported[key] {
						average.uncounted += counts[key][end]
						rate := average.report(end)
						if strconv.FormatInt(bubbleStart+int64(end), 10) == p.Timestamp && !near(rate, float(p.Value)) {
							p.Value = pythonFloat(rate)
						}
					}
					return true
				})
			},
		},
		{
			python: "all values are floats",
			ours:   "counts of integers are integers",
			reason: "integers are exact beyond 2^53",
			source: "apptuit_client.py, `DataPoint`",
			edit: func(x *exchange) {
				x.matched(func(p *point, ours string) {
					if strings.HasSuffix(p.Metric, "_count") && p.Value == ours+".0" {
						p.Value = ours
					}
				})
			},
		},
		{
			python: "averages and rates are rounded in another order of operations",
			ours:   "the results differ by at most 1e-12 of the value",
			reason: "floating-point arithmetic",
			source: "pyformance, stats/moving_average.py",
			edit: func(x *exchange) {
				x.matched(func(p *point, ours string) {
					for _, suffix := range []string{"_rate", "_avg", "_sum"} {
						if strings.HasSuffix(p.Metric, suffix) && near(float(p.Value), float(ours)) {
							p.Value = ours
						}
					}
				})
			},
		},
		{
			python: "the reporter has no limit of series, and no metric about a limit",
			ours:   "`apptuit.reporter.overflowed` counts data points in which the SDK has summed up the series beyond its limit",
			reason: "such sums are too small, so that an alert is useful",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter.report_now`",
			edit: func(x *exchange) {
				x.addOwn(func(p *point) bool {
					return strings.Contains(p.Metric, "apptuit_reporter_overflowed") && float(p.Value) == 0
				})
			},
		},
		{
			python: "the first report has no metrics of the reporter itself",
			ours:   "the first report has these metrics with the value 0",
			reason: "the rate of a counter needs a first point",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter.report_now`",
			edit: func(x *exchange) {
				x.addOwn(func(p *point) bool {
					return p.Timestamp == of(x).intervals()[0].timestamp() && float(p.Value) == 0
				})
			},
		},
		{
			python: "`apptuit.reporter.send.total` does not count the points of a request with errors",
			ours:   "it counts them: it is the sum of `successful` and `failed`",
			reason: "a bug of apptuit-py",
			source: "pyformance/apptuit_reporter.py, `ApptuitReporter.report_now`",
			edit: func(x *exchange) {
				type sum struct{ parts float64 }
				sums := map[string]*sum{}
				x.Theirs.points(func(p *point) bool {
					if ownMetric(p) && strings.HasSuffix(p.Metric, "_count") {
						if sums[p.Timestamp] == nil {
							sums[p.Timestamp] = &sum{}
						}
						if strings.Contains(p.Metric, "successful") || strings.Contains(p.Metric, "failed") {
							sums[p.Timestamp].parts += float(p.Value) / 2 // they are sent and stored
						}
					}
					return true
				})
				present := map[string]bool{}
				x.Theirs.points(func(p *point) bool {
					if strings.HasSuffix(p.Metric, "reporter_send_total_count") {
						present[p.Timestamp] = true
						if s := sums[p.Timestamp]; float(p.Value) != s.parts {
							p.Value = strconv.FormatFloat(s.parts, 'f', -1, 64)
						}
					}
					return true
				})
				x.addOwn(func(p *point) bool {
					s := sums[p.Timestamp]
					return strings.HasSuffix(p.Metric, "reporter_send_total_count") && !present[p.Timestamp] && s != nil && float(p.Value) == s.parts
				})
			},
		},
		{
			python: "a registry has any number of series",
			ours:   "an instrument has at most 2,000 series; further series are summed up in a series with the tag `otel_metric_overflow`",
			reason: "the SDK's limit; `sdkmetric.WithCardinalityLimit` changes it",
			source: "pyformance, registry.py",
			edit: func(x *exchange) {
				const most = 1999 // besides the series of the overflow
				if len(of(x).steps[0].Observe) <= most {
					return
				}
				x.Theirs.points(func(p *point) bool { return p.Metric != "m_value" || float(p.Tags["n"]) < most })
				last := of(x).steps[0].Observe[len(of(x).steps[0].Observe)-1]
				x.Theirs.Sent = append(x.Theirs.Sent, point{"m_value", map[string]string{"otel_metric_overflow": "true", "t": "1"}, of(x).intervals()[0].timestamp(), pythonFloat(float64(last.Value))})
				x.Theirs.reported()
			},
		},
	}
	for i := range list {
		list[i].area = "reports"
	}
	return list
}

// addOwn adds our points about the exporter itself that they do not have and for which want is true.
func (x *exchange) addOwn(want func(p *point) bool) {
	theirs := map[string]bool{}
	for _, p := range x.Theirs.Sent {
		theirs[p.series()+p.Timestamp] = true
	}
	for _, lists := range []struct{ from, to *[]point }{{&x.Ours.Sent, &x.Theirs.Sent}, {&x.Ours.Stored, &x.Theirs.Stored}} {
		for _, p := range *lists.from {
			if ownMetric(&p) && want(&p) && !theirs[p.series()+p.Timestamp] {
				*lists.to = append(*lists.to, p)
			}
		}
	}
}

// tolerable returns the largest magnitude of values, to which tolerances are relative.
func tolerable(values []float64) float64 {
	most := 0.0
	for _, v := range values {
		most = max(most, math.Abs(v))
	}
	return most
}

// allKeys returns the histograms and timers with observations.
func allKeys(intervals []interval) map[string]bool {
	keys := map[string]bool{}
	for _, i := range intervals {
		for key := range i.values {
			keys[key] = true
		}
	}
	return keys
}

// begun returns the time of the first observation of a histogram or timer.
func (r *reporting) begun(key string) float64 {
	now := 0.0
	for _, s := range r.steps {
		for _, o := range s.Observe {
			if o.Kind+" "+o.Name == key {
				return now
			}
		}
		now += float64(s.Advance)
	}
	return 0
}
