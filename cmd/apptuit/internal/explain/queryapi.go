// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// queryAPI is the query API of a server.
type queryAPI interface {
	// name returns the name of the API for reports.
	name() string
	// points returns the series of a metric that have certain tags, with their points.
	points(ctx context.Context, metric string, tags map[string]string, start, end time.Time) ([]query.Series, error)
	// series returns the series of a metric, without points.
	series(ctx context.Context, metric string, start, end time.Time) ([]query.Series, error)
	// last returns the time of the last point of a series, or the zero time if it is not known.
	last(ctx context.Context, metric string, tags map[string]string, start, end time.Time) (time.Time, error)
	// metrics returns the names of metrics, or none if the API does not list them.
	metrics(ctx context.Context, start, end time.Time) ([]string, error)
}

const (
	history    = 30 * 24 * time.Hour // the time before now in which names and series are looked for
	maxSeries  = 5_000
	maxMetrics = 50_000
	maxAnswer  = 64 << 20
)

// openQueryAPI returns the first query API that the server answers.
func openQueryAPI(ctx context.Context, c *apptuitclient.Client, path string) (queryAPI, error) {
	q := query.New(c, query.WithPrometheusPath(path), query.WithMaxResponseBytes(maxAnswer))
	_, err := q.QueryInstant(ctx, "vector(1)", time.Time{})
	if err == nil {
		return prometheus{q}, nil
	}
	if !isOtherAPI(err) {
		return nil, err
	}
	// In Apptuit's language, a metric without points is an output without series.
	if _, native := q.Query(ctx, "fetch('apptuit')", time.Now().Add(-time.Minute), time.Now()); native != nil {
		if !isOtherAPI(native) {
			return nil, native
		}
		return nil, errors.Join(errNoAPI, err)
	}
	return apptuit{q}, nil
}

// errNoAPI says that the server has no query API that the command knows.
var errNoAPI = errors.New("it answers neither PromQL nor queries in Apptuit's language")

// isOtherAPI reports whether an error says that the server does not know an API.
func isOtherAPI(err error) bool {
	if status, ok := errors.AsType[*apptuitclient.StatusError](err); ok {
		return slices.Contains([]int{http.StatusOK, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, status.StatusCode)
	}
	_, undecoded := errors.AsType[*query.DecodeError](err)
	return undecoded
}

// selector returns the selector of series in PromQL.
func selector(metric string, tags map[string]string) string {
	return "{" + strings.Join(append([]string{"__name__=" + strconv.Quote(metric)}, matchers(tags)...), ",") + "}"
}

// matchers returns the matchers of tags in PromQL, sorted.
func matchers(tags map[string]string) (texts []string) {
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, promLabel(k)+"="+strconv.Quote(tags[k]))
	}
	return texts
}

// promLabel quotes a label that is not valid in PromQL by itself (Prometheus 3, UTF-8 names).
func promLabel(key string) string {
	if key == plain(key) {
		return key
	}
	return strconv.Quote(key)
}

// seriesOf returns all series of a result.
func seriesOf(result *query.Result, err error) ([]query.Series, error) {
	if err != nil {
		return nil, err
	}
	var all []query.Series
	for _, o := range result.Outputs {
		all = append(all, o.Series...)
	}
	return all, nil
}

// prometheus is the API of Prometheus-compatible servers.
type prometheus struct{ *query.Client }

func (prometheus) name() string { return "PromQL" }

func (p prometheus) points(ctx context.Context, metric string, tags map[string]string, start, end time.Time) ([]query.Series, error) {
	seconds := int64(end.Sub(start)/time.Second) + 1
	return seriesOf(p.QueryInstant(ctx, fmt.Sprintf("%s[%ds]", selector(metric, tags), seconds), end))
}

func (p prometheus) series(ctx context.Context, metric string, start, end time.Time) ([]query.Series, error) {
	listing, err := p.Series(ctx, query.Selection{Match: []string{selector(metric, nil)}, Start: start, End: end, Limit: maxSeries})
	if err != nil {
		return nil, err
	}
	return listing.Items, nil
}

func (p prometheus) last(ctx context.Context, metric string, tags map[string]string, start, end time.Time) (time.Time, error) {
	steps := fmt.Sprintf("max(max_over_time(timestamp(%s)[%ds:5m]))", selector(metric, tags), int64(end.Sub(start)/time.Second)+1)
	all, err := seriesOf(p.QueryInstant(ctx, steps, end))
	if err != nil || len(all) == 0 || all[0].Len() == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(all[0].Values[0] * 1000)).UTC(), nil
}

func (p prometheus) metrics(ctx context.Context, start, end time.Time) ([]string, error) {
	listing, err := p.Metrics(ctx, query.Selection{Start: start, End: end, Limit: maxMetrics})
	if err != nil {
		return nil, err
	}
	return listing.Items, nil
}

// apptuit is Apptuit's own API. It has no lists of metrics.
type apptuit struct{ *query.Client }

func (apptuit) name() string { return "Apptuit's query API" }

func (a apptuit) points(ctx context.Context, metric string, tags map[string]string, start, end time.Time) ([]query.Series, error) {
	if strings.ContainsAny(metric, `'"\`) {
		return nil, fmt.Errorf("the name %q cannot be quoted in a query", metric)
	}
	all, err := seriesOf(a.Query(ctx, "fetch('"+metric+"')", start, end))
	return slices.DeleteFunc(all, func(s query.Series) bool { return !contains(s.Tags, tags) || s.Len() == 0 }), err
}

func (a apptuit) series(ctx context.Context, metric string, start, end time.Time) ([]query.Series, error) {
	return a.points(ctx, metric, nil, start, end)
}

func (a apptuit) last(ctx context.Context, metric string, tags map[string]string, start, end time.Time) (last time.Time, err error) {
	all, err := a.points(ctx, metric, tags, start, end)
	for i := range all {
		if t := all[i].Time(all[i].Len() - 1); t.After(last) {
			last = t
		}
	}
	return last, err
}

func (apptuit) metrics(context.Context, time.Time, time.Time) ([]string, error) { return nil, nil }

// contains reports whether tags include all of some.
func contains(tags, some map[string]string) bool {
	for k, v := range some {
		if tags[k] != v {
			return false
		}
	}
	return true
}
