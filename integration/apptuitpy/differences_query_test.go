// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"slices"
	"strings"
	"time"
)

// cells applies a function to each word of the facts whose names contain a text.
func (o *outcome) cells(part string, edit func(string) string) {
	for name, text := range o.Facts {
		if strings.Contains(name, part) && text != "" {
			cells := strings.Split(text, " ")
			for i, cell := range cells {
				cells[i] = edit(cell)
			}
			o.Facts[name] = strings.Join(cells, " ")
		}
	}
}

// queryDifferences returns the differences of the area "queries".
func queryDifferences() []difference {
	list := []difference{
		{
			python: "without a time zone, the index of a data frame has no zone",
			ours:   "it is in UTC",
			reason: "a `time.Time` always has a zone; the instants are the same",
			source: "apptuit_client.py, `Output.to_df`",
			edit: func(x *exchange) {
				if x.Input.(*asking).zone == "" {
					x.Theirs.cells(" index", func(text string) string { return text + "+00:00" })
				}
			},
		},
		{
			python: "with a time zone, times in UTC are read as times in that zone, and are hours off",
			ours:   "`Frame.In` converts the index to that zone",
			reason: "a bug of apptuit-py: `tz_localize` instead of `tz_convert`",
			source: "apptuit_client.py, `Output.to_df`",
			edit: func(x *exchange) {
				zone, err := time.LoadLocation(x.Input.(*asking).zone)
				if err != nil || x.Input.(*asking).zone == "" {
					return
				}
				x.Theirs.cells(" index", func(text string) string {
					at, err := time.Parse(zoned, text)
					if err != nil {
						return text
					}
					utc, _ := time.Parse(naive, at.Format(naive))
					return utc.In(zone).Format(zoned)
				})
			},
		},
		{
			python: "an output without series is omitted from the result, and a result without outputs is None",
			ours:   "the output stays, with an empty frame",
			reason: "a program that looks for the output of its query finds it",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				for name := range x.Ours.Facts {
					id, ok := strings.CutPrefix(name, "output ")
					if _, there := x.Theirs.Facts[name]; ok && !there && x.Ours.Facts[id+" index"] == "" && x.Ours.Facts[id+" column 0"] == "" && x.Theirs.Facts["error"] == "" {
						x.Theirs.Facts[name], x.Theirs.Facts[id+" index"] = "yes", ""
					}
				}
			},
		},
		{
			python: "a column of ints without missing values has ints",
			ours:   "values are float64",
			reason: "the type of a column does not depend on its values",
			source: "pandas",
			edit: func(x *exchange) {
				for name, text := range x.Theirs.Facts {
					if strings.Contains(name, " values ") {
						x.Theirs.Facts[name] = strings.ReplaceAll(text, "int ", "")
					}
				}
			},
		},
		{
			python: "the JSON number -0 is the int 0",
			ours:   "it is -0",
			reason: "a float64 can be -0",
			source: "Python's json module",
			edit: func(x *exchange) {
				for name, text := range x.Ours.Facts {
					if theirs := x.Theirs.Facts[name]; strings.Contains(name, " values ") && strings.Contains(text, " -0 ") {
						x.Theirs.Facts[name] = strings.Replace(theirs, " 0 ", " -0 ", 1)
					}
				}
			},
		},
		{
			python: "an int in a column of ints is exact beyond 2^53",
			ours:   "it is rounded to a float64",
			reason: "values are float64, as in apptuit-py if a series has a missing value or a fraction",
			source: "pandas",
			edit: func(x *exchange) {
				x.Theirs.cells(" values ", func(text string) string {
					if text == "9007199254740993" {
						return "9.007199254740992e+15"
					}
					return text
				})
			},
		},
		{
			python: "a start or end with a fraction is sent, and the server refuses the query",
			ours:   "the query is for the enclosing whole seconds, and points outside the range are dropped",
			reason: "a `time.Time` usually has a fraction",
			source: "apptuit_client.py, `_generate_query_string`",
			edit: func(x *exchange) {
				a := x.Input.(*asking)
				_, start := a.start.(float64)
				_, end := a.end.(float64)
				if (start || end) && x.Theirs.Facts["error"] == "status 400" {
					*x.Theirs = *x.Ours.clone()
				}
			},
		},
		{
			python: "an end of 0 means no end",
			ours:   "the zero `time.Time` means no end; 1970 is an end, before which there are no points",
			reason: "the zero `time.Time` is not 1970",
			source: "apptuit_client.py, `_generate_query_string`",
			edit: func(x *exchange) {
				if x.Input.(*asking).end == 0 {
					delete(x.Theirs.Facts, "out0 column 0")
					delete(x.Theirs.Facts, "out0 values 0")
					x.Theirs.Facts["request"] = strings.Replace(x.Theirs.Facts["request"], "&q=", "&end=0&q=", 1)
				}
			},
		},
		{
			python: "an empty query, or an end before the start, is sent to the server",
			ours:   "the call returns an error without a request",
			reason: "Prometheus-compatible servers answer such a range with an empty result",
			source: "apptuit_client.py, `Apptuit.query`",
			edit: func(x *exchange) {
				a := x.Input.(*asking)
				start, _ := a.start.(int)
				end, ok := a.end.(int)
				if a.q == "" || ok && end < start {
					x.Theirs.Facts = map[string]string{"requests": "0", "error": "yes"}
				}
			},
		},
		{
			python: "only 5xx answers are retried",
			ours:   "408, 421, 425 and 429 are retried, too",
			reason: "these answers ask for a later attempt",
			source: "apptuit_client.py, `Apptuit.query`",
			edit: func(x *exchange) {
				if x.Input.(*asking).retries > 0 && x.Theirs.Facts["error"] == "status 429" {
					*x.Theirs = *x.Ours.clone()
					x.Theirs.Facts["requests"] = "2"
				}
			},
		},
		{
			python: "the index of a single series is in the order of the answer, with duplicate times",
			ours:   "an index is ascending, without duplicates; if a series has two points at one time, the last point is kept",
			reason: "a frame is the outer join of any number of series on time",
			source: "apptuit_client.py, `Output.to_df`: `pd.concat` of one series, or of series with equal indexes",
			edit: func(x *exchange) {
				times := strings.Fields(x.Theirs.Facts["o index"])
				if x.Theirs.Facts["o index"] == "" || slices.IsSorted(times) && len(slices.Compact(slices.Clone(times))) == len(times) {
					return
				}
				index := slices.Compact(slices.Sorted(slices.Values(times)))
				x.Theirs.Facts["o index"] = strings.Join(index, " ")
				for name, text := range x.Theirs.Facts {
					if !strings.HasPrefix(name, "o values ") {
						continue
					}
					cells := make([]string, len(index))
					for i, cell := range strings.Fields(text) {
						row, _ := slices.BinarySearch(index, times[i])
						cells[row] = cell
					}
					x.Theirs.Facts[name] = strings.Join(cells, " ")
				}
			},
		},
		{
			python: "NaN and infinities in quotes are strings in the data frame",
			ours:   "they are numbers",
			reason: "Prometheus-compatible servers quote them",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				for name, text := range x.Theirs.Facts {
					x.Theirs.Facts[name] = strings.ReplaceAll(text, "text ", "")
				}
			},
		},
		{
			python: "a third number of a point is ignored",
			ours:   "the answer is refused with a `DecodeError`, which names the byte",
			reason: "the answer has another format",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				if a := x.Input.(*asking); len(a.faults) > 0 && strings.Contains(a.faults[0].Body, ",7]") {
					x.Theirs.failed("DecodeError")
				}
			},
		},
		{
			python: "the name of a series without tags lacks the last character of the metric and the opening brace",
			ours:   "it is `metric{}`",
			reason: "a bug of apptuit-py, which removes a comma that does not exist",
			source: "apptuit_client.py, `TimeSeries.__repr__`",
			edit: func(x *exchange) {
				if x.Theirs.Facts["o column 0"] == "}" {
					x.Theirs.Facts["o column 0"] = "m{}"
				}
			},
		},
		{
			python: "a series without a metric, tags or points or with an empty key, or an output without an id, raises an exception for the whole result",
			ours:   "these parts are empty",
			reason: "the result of an expression has no metric, and the other series are useful",
			source: "apptuit_client.py, `_parse_response` and `TimeSeriesName`",
			edit: func(x *exchange) {
				if e := x.Theirs.Facts["error"]; (e == "KeyError" || e == "ValueError") && x.Ours.Facts["error"] == "" {
					*x.Theirs = *x.Ours.clone()
				}
			},
		},
		{
			python: "an answer of another kind of server raises an exception about Python types",
			ours:   "the error is a `DecodeError` that names the byte, a `StatusError` for a page, or another error that describes the answer",
			reason: "a program can distinguish a wrong endpoint from its own fault",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				a := x.Input.(*asking)
				if len(a.faults) == 0 || a.faults[0].Status != 200 {
					return
				}
				switch e := x.Theirs.Facts["error"]; {
				case e == "JSONDecodeError" && strings.HasPrefix(a.faults[0].Body, "<"):
					x.Theirs.failed("status 200")
				case e == "KeyError":
					x.Theirs.failed("yes")
				case e == "JSONDecodeError" || e == "IndexError" || e == "TypeError":
					x.Theirs.failed("DecodeError")
				}
			},
		},
		{
			python: "timestamps in milliseconds are read as seconds, in the year 55840",
			ours:   "timestamps above 9,999,999,999 are milliseconds",
			reason: "the rule of OpenTSDB",
			source: "apptuit_client.py, `Output.to_df`",
			edit: func(x *exchange) {
				if index := x.Theirs.Facts["o index"]; strings.HasPrefix(index, "55840-11-08T22:13:20") {
					x.Theirs.Facts["o index"] = "2023-11-14T22:13:20+00:00 2023-11-14T22:13:20.25+00:00"
				}
			},
		},
	}
	for i := range list {
		list[i].area = "queries"
	}
	return list
}

// failed changes the outcome of a query to an error.
func (o *outcome) failed(err string) {
	o.Facts = map[string]string{"requests": o.Facts["requests"], "request": o.Facts["request"], "error": err}
}
