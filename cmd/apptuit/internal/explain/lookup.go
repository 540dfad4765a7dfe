// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/query"
)

// Stored lists the points of the metric on the server.
type Stored struct {
	API      string         `json:"api"`
	Endpoint string         `json:"endpoint"`
	Start    time.Time      `json:"start"`
	End      time.Time      `json:"end"`
	Series   []StoredSeries `json:"series"`
	// Missing are the series that the server does not have.
	Missing []string `json:"missing,omitempty"`
	// Query finds the first series: in PromQL, or in Apptuit's language for Apptuit's own API.
	Query string `json:"query,omitempty"`
}

// StoredSeries is a series on the server.
type StoredSeries struct {
	Metric string            `json:"metric"`
	Tags   map[string]string `json:"tags"`
	Points int               `json:"points"`
	First  time.Time         `json:"first"`
	Last   time.Time         `json:"last"`
	Value  float64           `json:"-"` // the last one; it may be NaN
	Text   string            `json:"value"`
}

// wanted selects the series to look for: the series of a metric that have these tags.
type wanted struct {
	metric string
	tags   map[string]string
}

const (
	// maxWanted bounds the series that are looked for.
	maxWanted = 10
	// pollInterval is the time between two queries for points that were just sent.
	pollInterval = 500 * time.Millisecond
	// settle is the time within which points that were just sent must appear. VictoriaMetrics may need
	// ten seconds to show a new series.
	settle = 20 * time.Second
	// reserve is the part of --timeout that remains to find out why points are missing.
	reserve = 5 * time.Second
	// lookback is the age up to which an instant query of Prometheus finds a point
	// (--query.lookback-delta).
	lookback = 5 * time.Minute
)

// wantedSeries returns the series to look for: the series of the chosen data points, or without data
// points the series with the name and tags of the question.
func (x *run) wantedSeries() (all []wanted) {
	add := func(metric string, tags map[string]string) {
		w := wanted{metric, tags}
		same := func(o wanted) bool { return o.metric == metric && maps.Equal(o.tags, tags) }
		if len(all) < maxWanted && !slices.ContainsFunc(all, same) {
			all = append(all, w)
		}
	}
	for i := range x.chosen {
		seen := map[string]bool{}
		for _, p := range x.chosen[i].pointsOf(x.metric) {
			if seen[p.Metric] && x.dumped { // one series of each metric of a histogram is enough
				continue
			}
			seen[p.Metric] = true
			tags := p.Tags
			switch {
			case x.send:
			case x.dumped:
				tags = x.chosen[i].withoutInstance(tags)
			default:
				tags = x.askedTags(&x.chosen[i])
			}
			add(p.Metric, tags)
		}
	}
	if len(x.chosen) == 0 {
		tags := map[string]string{}
		for _, t := range x.asked {
			tags[t.Key] = t.Value
		}
		add(x.metric, tags)
	}
	return all
}

// withoutInstance returns the tags of a point without the tag of WithInstanceTag, whose value differs in
// each process.
func (p *dataPoint) withoutInstance(tags map[string]string) map[string]string {
	tags = maps.Clone(tags)
	for _, o := range p.Tags {
		if o.From[0].Source == string(explain.Host) && o.Key != "host" {
			delete(tags, o.Key)
		}
	}
	return tags
}

// askedTags returns the tags of the question in the form in which they are sent.
func (x *run) askedTags(p *dataPoint) map[string]string {
	tags := map[string]string{}
	for _, t := range x.asked {
		if o := originOf(&p.DataPoint, t.Key); o != nil && o.Value != "" {
			tags[o.Key] = o.Value
		}
	}
	return tags
}

// lookUp looks for the metric on the server.
func (x *run) lookUp(ctx context.Context) {
	if x.report.Sent != nil && x.report.Sent.Accepted == 0 {
		return // a query would find only earlier points
	}
	c := x.client
	if x.queryEndpoint != "" {
		var err error
		options := append(slices.Clone(x.options), apptuitclient.WithEndpoint(x.queryEndpoint), apptuitclient.WithRetry(apptuitclient.RetryConfig{}),
			apptuitclient.WithoutSpool(), apptuitclient.WithWarningHandler(func(error) {}))
		if c, err = apptuitclient.New(options...); err != nil {
			x.add(isCause, "query-failed", "", "the query endpoint: %v", err)
			return
		}
		defer func() { _ = c.Close() }() // always nil
		client.Of(c).Observe(x.answers.around)
	}
	s, err := openQueryAPI(ctx, c, x.prometheusPath)
	if err != nil {
		x.queryFailed(ctx, c, err)
		return
	}
	if err := x.search(ctx, s, c.Endpoint()); err != nil {
		x.queryFailed(ctx, c, err)
	}
}

// queryFailed adds the reason why the server cannot be queried.
func (x *run) queryFailed(ctx context.Context, c *apptuitclient.Client, err error) {
	if errors.Is(err, errNoAPI) {
		x.add(isAbsent, "no-query-api", "Name the server that answers queries: --query-endpoint, and --prometheus-path for the path of its PromQL API (\"\" for Prometheus itself). OpenTSDB and InfluxDB have other query languages: use --no-query.",
			"the server %s cannot be queried: %v", c.Endpoint(), err)
		return
	}
	cause, advice := x.answerCause(ctx, err)
	if cause == "unauthorized" {
		advice = "Check the token: it may be allowed to write only."
	}
	x.add(isAbsent, "query-failed", advice, "the server %s does not answer queries (%s): %v", c.Endpoint(), cause, err)
}

// search looks for the series, and for the reason why the first missing series is missing.
func (x *run) search(ctx context.Context, s queryAPI, endpoint string) error {
	start, end := x.now.Add(-x.since), x.now
	for i := range x.chosen {
		// Points that are sent may have another time than now.
		if t := x.chosen[i].Time; x.send && t.Before(start) && !t.IsZero() {
			start = t
		}
		for _, p := range x.chosen[i].Points {
			if p.Time.After(end) {
				end = p.Time
			}
		}
	}
	end = end.Add(time.Second)
	stored := &Stored{API: s.name(), Endpoint: endpoint, Start: start.UTC(), End: end.UTC(), Series: []StoredSeries{}}
	x.report.Stored = stored
	all := x.wantedSeries()
	until := time.Now().Add(settle)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < settle+reserve {
		left := time.Until(deadline)
		until = time.Now().Add(left - min(reserve, left/2))
	}
	for i, w := range all {
		found, err := s.points(ctx, w.metric, w.tags, start, end)
		for err == nil && len(found) == 0 && x.report.Sent != nil && time.Now().Before(until) && waitFor(ctx, pollInterval) {
			found, err = s.points(ctx, w.metric, w.tags, start, end)
		}
		if err != nil {
			return err
		}
		if i == 0 {
			stored.Query = queryText(s, w)
		}
		stored.add(found)
		if len(found) > 0 {
			continue
		}
		stored.Missing = append(stored.Missing, seriesText(w.metric, w.tags))
		if len(stored.Missing) == 1 {
			if err := x.whyMissing(ctx, s, w, start, end); err != nil {
				return err
			}
		}
	}
	if len(all) > 0 && len(stored.Missing) == 0 {
		x.confirm(stored)
	}
	return nil
}

// confirm notes that the server has the metric, and whether queries for its current value find it.
func (x *run) confirm(stored *Stored) {
	newest := stored.Series[0]
	for _, s := range stored.Series {
		if s.Last.After(newest.Last) {
			newest = s
		}
	}
	x.stored = true
	x.where = fmt.Sprintf("%s, last value %s at %s", seriesText(newest.Metric, newest.Tags), newest.Text, newest.Last.Format(time.RFC3339))
	if age := x.now.Sub(newest.Last); age > lookback {
		x.add(isNote, "stale", "Ask for a range that includes it, or for last_over_time. Check whether the program still exports.",
			"the last point is %v old: a PromQL query for the current value looks back %v only, and finds nothing", age.Round(time.Second), lookback)
	}
}

// add adds series up to maxWanted.
func (s *Stored) add(found []query.Series) {
	for i := range found {
		f := &found[i]
		if len(s.Series) == maxWanted || f.Len() == 0 {
			continue
		}
		n := f.Len() - 1
		s.Series = append(s.Series, StoredSeries{
			Metric: f.Metric, Tags: f.Tags, Points: f.Len(), First: f.Time(0), Last: f.Time(n), Value: f.Values[n], Text: fmt.Sprint(f.Values[n]),
		})
	}
}

// queryText returns a query that finds a series.
func queryText(s queryAPI, w wanted) string {
	if _, ok := s.(apptuit); ok {
		return "fetch('" + w.metric + "')"
	}
	if w.metric == plain(w.metric) {
		return w.metric + "{" + strings.Join(matchers(w.tags), ",") + "}"
	}
	return selector(w.metric, w.tags)
}

// whyMissing looks for the reason why the server does not have a series in the range.
func (x *run) whyMissing(ctx context.Context, s queryAPI, w wanted, start, end time.Time) error {
	if x.report.Sent != nil {
		x.add(isSuspect, "dropped-silently", droppedAdvice(x, w), "the server accepted the points, but does not have %s", seriesText(w.metric, w.tags))
		return nil
	}
	known, err := s.series(ctx, w.metric, end.Add(-history), end)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		return x.whyOther(ctx, s, w, known, start, end)
	}
	names, err := s.metrics(ctx, end.Add(-history), end)
	if err != nil {
		return err
	}
	if sl, ok := compareName(w.metric, names); ok {
		x.add(isGuess, sl.cause, sl.advice, "the server has no %q, but %q: %s", w.metric, sl.known, sl.text)
		return nil
	}
	advice := "Check whether the program runs and exports to this server (apptuit doctor), and whether both endpoints are of one server."
	if len(names) == 0 && s.name() == "PromQL" {
		advice = "The server has no metrics at all. " + advice
	}
	x.add(isAbsent, "not-stored", advice, "the server has no metric %q in the last 30 days, nor a similar one", w.metric)
	return nil
}

// droppedAdvice returns advice about points that a server has dropped silently.
func droppedAdvice(x *run, w wanted) string {
	advice := "VictoriaMetrics drops points silently: with more than 40 labels, older than -retentionPeriod, or of more than two days ahead. Its log and the metrics vm_rows_ignored_total and vm_rows_invalid_total say so. InfluxDB drops points beyond its retention policy."
	if n := len(w.tags); n > 30 {
		return fmt.Sprintf("The series has %d tags. ", n) + advice
	}
	for i := range x.chosen {
		switch t := x.chosen[i].Time; {
		case t.After(x.now.Add(future)):
			return "Its time is in the future. " + advice
		case t.Before(x.now.Add(-history)):
			return "Its time is old. " + advice
		}
	}
	return advice
}

// whyOther says how the known series of a metric differ from the missing series.
func (x *run) whyOther(ctx context.Context, s queryAPI, w wanted, known []query.Series, start, end time.Time) error {
	nearest, least := known[0], len(w.tags)+1
	for _, k := range known {
		n := 0
		for key, v := range w.tags {
			if k.Tags[key] != v {
				n++
			}
		}
		if n < least {
			nearest, least = k, n
		}
	}
	if least == 0 {
		last, err := s.last(ctx, w.metric, w.tags, end.Add(-history), end)
		if err != nil {
			return err
		}
		when := "some time"
		if !last.IsZero() {
			when = last.Format(time.RFC3339)
		}
		x.add(isCause, "time-range", "Look at an earlier range (--since), or find out why the program no longer exports.",
			"the server has the series, but no point since %s: the last one is of %s", start.UTC().Format(time.RFC3339), when)
		return nil
	}
	var differ []string
	for _, key := range slices.Sorted(maps.Keys(w.tags)) {
		if v, ok := nearest.Tags[key]; ok && v != w.tags[key] {
			differ = append(differ, fmt.Sprintf("%s is %q, not %q", key, v, w.tags[key]))
		} else if !ok {
			differ = append(differ, fmt.Sprintf("there is no %s", key))
		}
	}
	cause, advice := "other-tags", "Ask for the tags on the server. If these tags are wrong, another program, configuration or version has sent them."
	if len(differ) == 1 && strings.HasPrefix(differ[0], "host is") {
		cause, advice = "wrong-host", "Ask for that host, or for none. The tag is host.name of the resource, or otherwise the name of the program's machine."
	}
	x.add(isCause, cause, advice, "the server has %d series of %s, none with these tags; in the most similar series, %s", len(known), w.metric, strings.Join(differ, ", "))
	return nil
}

// waitFor waits for a duration, and reports false if ctx has ended meanwhile.
func waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
