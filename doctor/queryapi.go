// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// queryAPI is a way to query points of a server.
type queryAPI struct {
	name string
	// ask returns the points of a metric within about a second of a time.
	ask func(ctx context.Context, metric string, at time.Time) ([]sample, error)
	// count returns the number of values of one series within one second, which begins at at.
	count func(ctx context.Context, metric string, tags map[string]string, at time.Time) (int, error)
}

// sample is a point in an answer.
type sample struct {
	metric string
	tags   map[string]string
	at     time.Time
	value  float64
}

// queryAPIs returns the query APIs that the doctor tries, Apptuit's own API first.
func queryAPIs(queryClient *apptuitclient.Client, path string) []queryAPI {
	c := query.New(queryClient, query.WithPrometheusPath(path))
	native := func(ctx context.Context, metric string, at time.Time) ([]sample, error) {
		start := at.Truncate(time.Second)
		return samples(c.Query(ctx, "fetch('"+metric+"')", start, start.Add(time.Second)))
	}
	// With a step of a minute, VictoriaMetrics also returns points that are younger than its
	// -search.latencyOffset.
	promql := func(ctx context.Context, expression string, at time.Time) ([]sample, error) {
		end := at.Add(time.Second - 1).Truncate(time.Second)
		return samples(c.QueryRange(ctx, expression, end, end, time.Minute))
	}
	openTSDB := func(ctx context.Context, metric string, at time.Time) ([]sample, error) {
		return queryOpenTSDB(ctx, queryClient, metric, at)
	}
	return []queryAPI{
		{"Apptuit's query API", native, countOf(native)},
		{
			"PromQL",
			func(ctx context.Context, metric string, at time.Time) ([]sample, error) {
				return promql(ctx, "{__name__="+strconv.Quote(metric)+"}", at)
			},
			func(ctx context.Context, metric string, tags map[string]string, at time.Time) (int, error) {
				selector := []string{"__name__=" + strconv.Quote(metric)}
				for _, k := range slices.Sorted(maps.Keys(tags)) {
					selector = append(selector, k+"="+strconv.Quote(tags[k]))
				}
				all, err := promql(ctx, "sum(count_over_time({"+strings.Join(selector, ",")+"}[1s]))", at) // the window excludes earlier runs
				if len(all) == 0 {
					return 0, err
				}
				return int(all[0].value), err
			},
		},
		{"OpenTSDB's query API", openTSDB, countOf(openTSDB)},
	}
}

// countOf returns a function that counts the points of a series in the answer of ask.
func countOf(ask func(context.Context, string, time.Time) ([]sample, error)) func(context.Context, string, map[string]string, time.Time) (int, error) {
	return func(ctx context.Context, metric string, tags map[string]string, at time.Time) (n int, err error) {
		all, err := ask(ctx, metric, at)
		for i := range all {
			if all[i].of(metric, tags) && all[i].at.Equal(at) {
				n++
			}
		}
		return n, err
	}
}

// samples returns the points of a result.
func samples(result *query.Result, err error) ([]sample, error) {
	if err != nil {
		return nil, err
	}
	var all []sample
	for _, o := range result.Outputs {
		for i := range o.Series {
			s := &o.Series[i]
			for j, v := range s.Values {
				all = append(all, sample{s.Metric, s.Tags, s.Time(j), v})
			}
		}
	}
	return all, nil
}

// queryOpenTSDB returns points of the doctor's series from the query API of OpenTSDB 2.
func queryOpenTSDB(ctx context.Context, queryClient *apptuitclient.Client, metric string, at time.Time) ([]sample, error) {
	parameters := url.Values{
		"start": {strconv.FormatInt(at.Unix()-1, 10)}, "end": {strconv.FormatInt(at.Unix()+1, 10)},
		"m": {"none:" + metric + "{source=doctor}"}, "ms": {"true"}, "arrays": {"true"},
	}
	var series []struct {
		Metric string            `json:"metric"`
		Tags   map[string]string `json:"tags"`
		Points [][2]float64      `json:"dps"`
	}
	err := get(ctx, queryClient, "/api/query?"+parameters.Encode(), func(r io.Reader) error { return json.NewDecoder(r).Decode(&series) })
	var status *apptuitclient.StatusError
	if errors.As(err, &status) && strings.Contains(status.Message, "No such name for") { // of a metric without points
		return nil, nil
	}
	var all []sample
	for _, s := range series {
		for _, p := range s.Points {
			all = append(all, sample{s.Metric, s.Tags, time.UnixMilli(int64(p[0])), p[1]})
		}
	}
	return all, err
}

// of reports whether a point belongs to a series. The point may have more tags.
func (s *sample) of(metric string, tags map[string]string) bool {
	for k, v := range tags {
		if s.tags[k] != v {
			return false
		}
	}
	return s.metric == metric
}
