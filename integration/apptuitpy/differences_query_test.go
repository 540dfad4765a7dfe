// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"slices"
	"strings"
	"time"
)

// cells applies a function to each word of the facts whose name has a part.
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

// queryDifferences are those of the area "queries".
func queryDifferences() []difference {
	list := []difference{
		{
			python: "without a time zone, the index of a data frame has none",
			ours:   "it is in UTC",
			reason: "a `time.Time` always has a zone; the times are the same",
			source: "apptuit_client.py, `Output.to_df`",
			edit: func(x *exchange) {
				if x.Input.(*asking).zone == "" {
					x.Theirs.cells(" index", func(text string) string { return text + "+00:00" })
				}
			},
		},
		{
			python: "with a time zone, the times of UTC are taken for times of that zone, and are hours off",
			ours:   "`Frame.In` shows the same instants in that zone",
			reason: "a fault of apptuit-py: `tz_localize` instead of `tz_convert`",
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
			ours:   "it stays, with an empty frame",
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
			python: "a column of ints without holes has ints",
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
			reason: "values are float64, which have both",
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
			reason: "values are float64, as they are in apptuit-py where a series has a hole or a fraction",
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
			python: "a start or an end with a fraction is sent, and the server refuses it",
			ours:   "the whole seconds around are asked for, and points outside are dropped",
			reason: "a `time.Time` always has a fraction",
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
			python: "an end of 0 is none",
			ours:   "the zero `time.Time` is none; 1970 is an end, before which there are no points",
			reason: "the zero value of Go's type is another time than Python's 0",
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
			python: "an empty query, or an end before the start, is left to the server to refuse",
			ours:   "it is an error without a request",
			reason: "Prometheus-compatible servers answer such ranges with an empty success",
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
			python: "of the answers, only 5xx are retried",
			ours:   "so are 408, 421, 425 and 429",
			reason: "they ask for a later attempt",
			source: "apptuit_client.py, `Apptuit.query`",
			edit: func(x *exchange) {
				if x.Input.(*asking).retries > 0 && x.Theirs.Facts["error"] == "status 429" {
					*x.Theirs = *x.Ours.clone()
					x.Theirs.Facts["requests"] = "2"
				}
			},
		},
		{
			python: "the index of a single series is in the order of the answer, with double times",
			ours:   "an index is ascending, without doubles; of two points of a series at one time, the last one stands",
			reason: "a frame is the outer join of its series on time, whatever their number",
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
			python: "NaN and infinities as texts stay texts in the data frame",
			ours:   "they are the numbers",
			reason: "that is how Prometheus-compatible servers write them",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				for name, text := range x.Theirs.Facts {
					x.Theirs.Facts[name] = strings.ReplaceAll(text, "text ", "")
				}
			},
		},
		{
			python: "the third number of a point is ignored",
			ours:   "the answer is refused: a `DecodeError` says at which byte",
			reason: "it is another format",
			source: "apptuit_client.py, `_parse_response`",
			edit: func(x *exchange) {
				if a := x.Input.(*asking); len(a.faults) > 0 && strings.Contains(a.faults[0].Body, ",7]") {
					x.Theirs.failed("DecodeError")
				}
			},
		},
		{
			python: "the name of a series without tags loses the last character of the metric and the brace",
			ours:   "it is `metric{}`",
			reason: "a fault of apptuit-py, which cuts off a comma that is not there",
			source: "apptuit_client.py, `TimeSeries.__repr__`",
			edit: func(x *exchange) {
				if x.Theirs.Facts["o column 0"] == "}" {
					x.Theirs.Facts["o column 0"] = "m{}"
				}
			},
		},
		{
			python: "a series without a metric, tags or points, one with an empty key, or an output without an id costs the whole result",
			ours:   "they are empty",
			reason: "an expression has no metric, and the other series are of use",
			source: "apptuit_client.py, `_parse_response` and `TimeSeriesName`",
			edit: func(x *exchange) {
				if e := x.Theirs.Facts["error"]; (e == "KeyError" || e == "ValueError") && x.Ours.Facts["error"] == "" {
					*x.Theirs = *x.Ours.clone()
				}
			},
		},
		{
			python: "an answer that is not one of a query server is an exception about Python's types",
			ours:   "it is a `DecodeError` that says at which byte, a `StatusError` for a page, or an error that says so",
			reason: "a program can tell a wrong endpoint from a fault of its own",
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
			python: "timestamps in milliseconds are taken for seconds, in the year 55840",
			ours:   "above 9,999,999,999 they are milliseconds",
			reason: "OpenTSDB's rule",
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

// failed makes the outcome of a query an error.
func (o *outcome) failed(err string) {
	o.Facts = map[string]string{"requests": o.Facts["requests"], "request": o.Facts["request"], "error": err}
}
