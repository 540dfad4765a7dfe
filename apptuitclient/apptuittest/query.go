// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
)

// queryRequest is a valid query.
type queryRequest struct {
	text       string
	outputs    []output
	start, end int64 // seconds, inclusive
}

// queryAnswer is the body of the answer to a query.
type queryAnswer struct {
	Outputs []outputAnswer `json:"outputs"`
	Hints   []string       `json:"hints"`
	Query   queryText      `json:"query"`
}

type queryText struct {
	Text string `json:"querytext"`
}

type outputAnswer struct {
	ID     string         `json:"id"`
	Result []seriesAnswer `json:"result"`
}

type seriesAnswer struct {
	Metric         string            `json:"metric"`
	Tags           map[string]string `json:"tags"`
	AggregatedTags []string          `json:"aggregatedTags"`
	Datapoints     []datapoint       `json:"dps"`
}

func (e *exchange) query() answer {
	if e.r.Method != http.MethodGet {
		return notAllowed(e.r.Method, http.MethodGet)
	}
	q, err := parseQueryRequest(e.r.URL.RawQuery)
	if err != nil {
		return errorAnswer(http.StatusBadRequest, "Bad query: "+err.Error(), "")
	}
	return e.h.answerQuery(q)
}

func parseQueryRequest(rawQuery string) (queryRequest, error) {
	// URL.Query would silently omit invalid parameters, for example those with an unescaped semicolon.
	parameters, err := url.ParseQuery(rawQuery)
	if err != nil {
		return queryRequest{}, fmt.Errorf("the parameters of the URL are invalid: %w", err)
	}
	q := queryRequest{end: math.MaxInt64}
	if q.start, err = secondsParameter(parameters, "start"); err != nil {
		return queryRequest{}, err
	}
	if parameters.Has("end") {
		if q.end, err = secondsParameter(parameters, "end"); err != nil {
			return queryRequest{}, err
		}
	}
	if q.end < q.start {
		return queryRequest{}, fmt.Errorf("the end %d is before the start %d", q.end, q.start)
	}
	if q.text, err = parameter(parameters, "q"); err != nil {
		return queryRequest{}, err
	}
	q.outputs, err = parseQuery(q.text)
	return q, err
}

func secondsParameter(parameters url.Values, name string) (int64, error) {
	text, err := parameter(parameters, name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the parameter %s is not a whole number of seconds: %q", name, text)
	}
	return n, nil
}

func parameter(parameters url.Values, name string) (string, error) {
	switch values := parameters[name]; len(values) {
	case 0:
		return "", errors.New("the parameter " + name + " is missing")
	case 1:
		return values[0], nil
	default:
		return "", errors.New("the parameter " + name + " occurs more than once")
	}
}

func (h *Handler) answerQuery(q queryRequest) answer {
	metrics := make([]string, len(q.outputs))
	for i, o := range q.outputs {
		metrics[i] = o.expr.metric
	}
	fetched, reason := h.fetch(metrics, q.start, q.end)
	if reason != "" {
		return errorAnswer(http.StatusBadRequest, reason, "")
	}

	a := queryAnswer{Outputs: []outputAnswer{}, Hints: []string{}, Query: queryText{q.text}}
	for _, o := range q.outputs {
		result := []seriesAnswer{}
		for _, s := range fetched[o.expr.metric] {
			dps := s.dps
			if o.expr.every > 0 {
				dps = downsample(dps, o.expr.every, o.expr.aggregate)
			}
			result = append(result, seriesAnswer{
				Metric:         o.expr.metric,
				Tags:           s.tags,
				AggregatedTags: []string{},
				Datapoints:     dps,
			})
		}
		a.Outputs = append(a.Outputs, outputAnswer{ID: o.id, Result: result})
	}
	return jsonAnswer(http.StatusOK, a)
}
