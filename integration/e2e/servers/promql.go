// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// QueryRange evaluates a PromQL query at start, start+step and so on until end. Points have no metric if the
// query removes the name.
func (v *VictoriaMetrics) QueryRange(t testing.TB, query string, start, end time.Time, step time.Duration) []Point {
	t.Helper()
	return v.promQL(t, "query_range", url.Values{
		"query": {query}, "start": {unixSeconds(start)}, "end": {unixSeconds(end)},
		"step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
	})
}

// Query evaluates a PromQL query at one time.
func (v *VictoriaMetrics) Query(t testing.TB, query string, at time.Time) []Point {
	t.Helper()
	return v.promQL(t, "query", url.Values{"query": {query}, "time": {unixSeconds(at)}})
}

func (v *VictoriaMetrics) promQL(t testing.TB, call string, form url.Values) []Point {
	t.Helper()
	if _, err := get(t.Context(), v.URL()+"/internal/force_flush"); err != nil {
		t.Fatal(err)
	}
	text, err := post(t.Context(), v.URL()+"/prometheus/api/v1/"+call, form)
	if err != nil {
		t.Fatal(err)
	}
	points, err := parsePromQL(text)
	if err != nil {
		t.Fatalf("%s %q: %v in %s", call, form.Get("query"), err, text)
	}
	return points
}

// parsePromQL reads a matrix or a vector.
func parsePromQL(text []byte) ([]Point, error) {
	var answer struct {
		Status string `json:"status"`
		Data   struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Value  *promSample       `json:"value"`
				Values []promSample      `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("status %q", answer.Status)
	}
	var points []Point
	for _, r := range answer.Data.Result {
		metric := takeName(r.Metric)
		if r.Value != nil {
			r.Values = append(r.Values, *r.Value)
		}
		for _, s := range r.Values {
			points = append(points, Point{Metric: metric, Tags: r.Metric, Time: s.time, Value: s.value})
		}
	}
	return points, nil
}

// promSample is a sample in the form [seconds, "value"].
type promSample struct {
	time  int64
	value float64
}

func (s *promSample) UnmarshalJSON(text []byte) error {
	var pair [2]json.RawMessage
	var seconds float64
	var value string
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[0], &seconds); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[1], &value); err != nil {
		return err
	}
	s.time = int64(math.Round(seconds * 1000))
	var err error
	s.value, err = strconv.ParseFloat(value, 64)
	return err
}

func unixSeconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}
