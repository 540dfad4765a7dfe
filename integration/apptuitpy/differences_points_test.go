// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
)

// delivered changes the outcome so that all sent points are accepted.
func (o *outcome) delivered() {
	for _, fact := range []string{"status", "successful", "failed", "listed errors", "raised"} {
		delete(o.Facts, fact)
	}
	if len(o.Sent) == 0 {
		delete(o.Facts, "requests")
	}
	o.Stored = o.clone().Sent
}

// withhold removes the points for which bad is true from the request, since our client refuses them. The
// other points are accepted. It reports whether there are bad points.
func (o *outcome) withhold(bad func(p *point) bool) {
	refused := 0
	o.Sent = slices.DeleteFunc(o.Sent, func(p point) bool {
		if bad(&p) {
			refused++
			return true
		}
		return false
	})
	if refused == 0 {
		return
	}
	before, _ := strconv.Atoi(o.Facts["refused points"])
	o.Facts["refused points"] = strconv.Itoa(before + refused)
	o.delivered()
}

// repair edits sent points, which the server then accepts. It withholds a point without tags after the
// edit.
func (o *outcome) repair(edit func(p *point) (changed bool)) {
	changed := false
	for i := range o.Sent {
		changed = edit(&o.Sent[i]) || changed
	}
	if changed {
		o.delivered()
		o.withhold(func(p *point) bool { return len(p.Tags) == 0 })
	}
}

// names returns the metric and the tag keys of a point.
func (p *point) names() []string {
	return append(slices.Collect(maps.Keys(p.Tags)), p.Metric)
}

// rename applies a function to the metric and the tag keys of a point. If keys become equal, their values
// are joined in the order of the original keys.
func (p *point) rename(rename func(string) string) (changed bool) {
	before := p.series()
	p.Metric = rename(p.Metric)
	tags := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
		renamed := rename(key)
		if before, ok := tags[renamed]; ok {
			tags[renamed] = before + ";" + p.Tags[key]
		} else {
			tags[renamed] = p.Tags[key]
		}
	}
	p.Tags = tags
	return p.series() != before
}

// dropTags removes tags by their value.
func (p *point) dropTags(value string) (changed bool) {
	n := len(p.Tags)
	maps.DeleteFunc(p.Tags, func(_, v string) bool { return v == value })
	return len(p.Tags) != n
}

func isNumber(value string) bool {
	f, err := strconv.ParseFloat(value, 64)
	return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// pointDifferences returns the differences of the area "points".
func pointDifferences() []difference {
	of := func(x *exchange) *resending { return x.Input.(*resending) }
	list := []difference{
		{
			python: "a refused point raises an exception, and no point of the call is sent",
			ours:   "the other points are sent, and the error lists the refused point",
			reason: "one invalid point must not discard a report",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				if s := of(x); len(s.points) > 1 && x.Theirs.Facts["refused points"] == strconv.Itoa(len(s.points)) {
					*x.Theirs = *s.pointByPoint()
				}
			},
		},
		{
			python: "`send_timeseries` never sanitizes metrics and tag keys, and the server refuses invalid names",
			ours:   "`SendTimeSeries` sanitizes like `Send`, and refuses invalid names in mode none",
			reason: "the mode is a setting of the client",
			source: "apptuit_client.py, `Apptuit._create_payload_from_timeseries`",
			edit: func(x *exchange) {
				s := of(x)
				if s.series == nil {
					return
				}
				if s.mode == "None" {
					x.Theirs.withhold(func(p *point) bool {
						return slices.ContainsFunc(p.names(), func(name string) bool { return !encoding.ValidName(name) })
					})
					return
				}
				mode := encoding.SanitizePrometheus
				if s.mode == "apptuit" {
					mode = encoding.SanitizeApptuit
				}
				x.Theirs.repair(func(p *point) bool { return p.rename(mode.Sanitize) })
			},
		},
		{
			python: "a `TimeSeries` created with ints sends ints",
			ours:   "values are floats, with `.0`",
			reason: "`DataPoint` and `add_point` of apptuit-py send floats, too; OpenTSDB stores ints and floats of one series differently",
			source: "apptuit_client.py, `TimeSeries.__init__`",
			edit: func(x *exchange) {
				if of(x).series != nil {
					x.Theirs.points(func(p *point) bool {
						if strings.Trim(p.Value, "-0123456789") == "" {
							p.Value += ".0"
						}
						return true
					})
				}
			},
		},
		{
			python: "digits and numbers outside ASCII are sent in names",
			ours:   "they become `_`, and are refused in mode none and in `APPTUIT_TAGS`. Tag keys that differ only in such characters become one key, whose values are joined with `;`",
			reason: "outside ASCII, only letters are valid (see above)",
			source: "utils.py, `VALID_REGEX` and `APPTUIT_SANITIZE_REGEX`",
			edit: func(x *exchange) {
				for item := range strings.SplitSeq(of(x).env["APPTUIT_TAGS"], ",") {
					if key, _, _ := strings.Cut(item, ":"); withoutNumbers(key) != key {
						*x.Theirs = outcome{Facts: map[string]string{"client": "refused"}}
						return
					}
				}
				if of(x).mode == "None" {
					x.Theirs.withhold(func(p *point) bool {
						return slices.ContainsFunc(p.names(), func(name string) bool { return withoutNumbers(name) != name })
					})
					return
				}
				x.Theirs.repair(func(p *point) bool { return p.rename(withoutNumbers) })
			},
		},
		{
			python: "in mode None, a name with a final line break is sent",
			ours:   "the point is refused",
			reason: "the name is not valid (see above)",
			source: "utils.py, `VALID_REGEX`",
			edit: func(x *exchange) {
				x.Theirs.withhold(func(p *point) bool {
					return slices.ContainsFunc(p.names(), func(name string) bool { return strings.HasSuffix(name, "\n") })
				})
			},
		},
		{
			python: "a tag with an empty value is sent, and the server refuses the point",
			ours:   "the tag is omitted, and suppresses the same tag of sources with a lower precedence; a point without other tags is refused",
			reason: "OpenTSDB refuses empty values, so that an empty value can only mean that the tag is not wanted",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				x.Theirs.repair(func(p *point) bool { return p.dropTags("") })
			},
		},
		{
			python: "a null in an encoded name is sent, and the server refuses the point",
			ours:   "the tag is omitted",
			reason: "a tag without a value is not sent",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				x.Theirs.repair(func(p *point) bool { return p.dropTags("(null)") })
			},
		},
		{
			python: "numbers and booleans in an encoded name are sent as such; a server that accepts only strings refuses the whole request",
			ours:   "their text is sent",
			reason: "a tag value in a request is a string",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				if len(x.Ours.Sent) != 1 {
					return
				}
				x.Theirs.repair(func(p *point) (changed bool) {
					for key, value := range p.Tags {
						if text := x.Ours.Sent[0].Tags[key]; sameScalar(value, text) {
							p.Tags[key] = text
							changed = true
						}
					}
					return changed
				})
			},
		},
		{
			python: "objects and lists in an encoded name are sent, and the server refuses the whole request",
			ours:   "the point is refused",
			reason: "no server accepts them",
			source: "apptuit_client.py, `TimeSeriesName.decode_metric`",
			edit: func(x *exchange) {
				x.Theirs.withhold(func(p *point) bool {
					return slices.ContainsFunc(slices.Collect(maps.Values(p.Tags)), func(value string) bool { return value == "({})" || value == "([])" })
				})
			},
		},
		{
			python: "NaN and infinities are sent, which is not JSON: the server refuses the whole request",
			ours:   "the point is refused",
			reason: "other points must not be lost",
			source: "apptuit_client.py, `Apptuit.__send`: `json.dumps`",
			edit: func(x *exchange) {
				x.Theirs.withhold(func(p *point) bool { return !isNumber(p.Value) })
			},
		},
		{
			python: "if sanitizing makes several tag keys equal, the value of the last key is sent",
			ours:   "their values are joined with `;`, in the order of the original keys",
			reason: "no value is lost, and Go's maps have no order; OpenTelemetry's Prometheus exporter does the same",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				if len(x.Ours.Sent) != 1 {
					return
				}
				x.Theirs.repair(func(p *point) (changed bool) {
					for key, value := range p.Tags {
						if all := x.Ours.Sent[0].Tags[key]; strings.HasSuffix(all, ";"+value) {
							p.Tags[key] = all
							changed = true
						}
					}
					return changed
				})
			},
		},
		{
			python: "the limit of 25 tags is checked before sanitizing, and includes tags without a value",
			ours:   "the limit applies to the tags that are sent",
			reason: "it is a limit of the server",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				s := of(x)
				if len(s.points) != 1 || len(s.points[0].Tags) <= encoding.MaxTags || x.Theirs.Facts["refused points"] == "" {
					return
				}
				tags := rendered(s.points[0].Tags)
				if len(tags) > encoding.MaxTags {
					return
				}
				x.Theirs.Facts = map[string]string{"requests": "1"}
				x.Theirs.Sent = []point{{s.points[0].Metric, tags, string(s.points[0].Timestamp), "1.0"}}
				x.Theirs.delivered()
			},
		},
		{
			python: "a timestamp with a fraction is sent, and the server refuses the point",
			ours:   "it is truncated to seconds or milliseconds",
			reason: "a `time.Time` usually has a fraction",
			source: "apptuit_client.py, `DataPoint`",
			edit: func(x *exchange) {
				x.Theirs.repair(func(p *point) (changed bool) {
					p.Timestamp, _, changed = strings.Cut(p.Timestamp, ".")
					return changed
				})
			},
		},
		{
			python: "a timestamp that is not after 1970, or has more than 13 digits, is sent, and the server refuses the point",
			ours:   "the client refuses the point",
			reason: "no server accepts it, and some servers refuse the whole request",
			source: "apptuit_client.py, `DataPoint`",
			edit: func(x *exchange) {
				x.Theirs.withhold(func(p *point) bool {
					n, err := strconv.ParseInt(p.Timestamp, 10, 64)
					return err == nil && (n <= 0 || n >= 1e13)
				})
			},
		},
		{
			python: "a timestamp of 11 to 13 digits is sent, and the server reads it as milliseconds",
			ours:   "milliseconds need `WithTimestampResolution`; a time after 2286 is refused",
			reason: "a `time.Time` has no unit to guess; in seconds, the point would be stored in 1970",
			source: "apptuit_client.py, `DataPoint`",
			edit: func(x *exchange) {
				if !of(x).milliseconds {
					x.Theirs.withhold(func(p *point) bool { return len(p.Timestamp) > 10 })
				}
			},
		},
		{
			python: "invalid `APPTUIT_TAGS` are ignored if there are global tags",
			ours:   "`New` returns an error, unless `WithoutEnvironmentTags` is set",
			reason: "all faults of the configuration are reported at once",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				s := of(x)
				if _, err := encoding.ParseTags(s.env["APPTUIT_TAGS"]); err != nil && !s.withoutEnv && len(s.tags) > 0 {
					*x.Theirs = outcome{Facts: map[string]string{"client": "refused"}}
				}
			},
		},
		{
			python: "in mode None, each call of `send` reports an invalid key of the global tags",
			ours:   "`New` returns an error",
			reason: "a fault of the configuration is reported once, when the client is created",
			source: "apptuit_client.py, `Apptuit._create_payload_from_datapoints`",
			edit: func(x *exchange) {
				s := of(x)
				if s.mode == "None" && slices.ContainsFunc(slices.Collect(maps.Keys(s.tags)), func(key string) bool { return !encoding.ValidName(key) }) {
					*x.Theirs = outcome{Facts: map[string]string{"client": "refused"}}
				}
			},
		},
	}
	list = append(list, difference{
		python: "a call of `send` is one request",
		ours:   "a request has at most 50,000 points",
		reason: "the reporter of apptuit-py has the same limit",
		source: "apptuit_client.py, `Apptuit.send`",
		edit: func(x *exchange) {
			if len(x.Theirs.Sent) > 50_000 {
				x.Theirs.Facts["requests"] = "2"
			}
		},
	})
	for i := range list {
		list[i].area = "points"
	}
	return list
}

// rendered returns the tags of a point that are sent.
func rendered(tags map[string]string) map[string]string {
	sent := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if tags[key] == "" {
			continue
		}
		name := encoding.SanitizePrometheus.Sanitize(key)
		if before, ok := sent[name]; ok {
			sent[name] = before + ";" + tags[key]
		} else {
			sent[name] = tags[key]
		}
	}
	return sent
}
