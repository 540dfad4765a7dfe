// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// Language is the language of a query.
type Language uint8

const (
	// LanguageApptuit is Apptuit's language, for example
	// fetch('proc.cpu').downsample('1m','avg').
	LanguageApptuit Language = iota
	// LanguagePromQL is PromQL or MetricsQL, for example
	// sum by (host) (rate(requests[5m])).
	LanguagePromQL
)

// Hint is a possible reason why a query found no points or failed.
type Hint struct {
	Kind HintKind
	// Metric is the metric in the query that the hint is about. It is empty for hints about
	// the language.
	Metric string
	// Suggestions are the names of up to five metrics to use instead of Metric.
	Suggestions []string
}

// HintKind is the kind of a [Hint].
type HintKind uint8

const (
	// HintPromQL means that the query is PromQL, or that the server supports only PromQL. Use
	// QueryRange or QueryInstant instead of Query.
	HintPromQL HintKind = iota
	// HintApptuit means that the query is in Apptuit's language. Use Query instead of
	// QueryRange or QueryInstant.
	HintApptuit
	// HintStoredAs means that the server stores the metric under the suggested names, because
	// names are sanitized and a histogram becomes several metrics.
	HintStoredAs
	// HintSimilar means that the server has no such metric, but a metric with a similar name.
	HintSimilar
	// HintUnknown means that the server has no such metric, and none with a similar name.
	HintUnknown
	// HintNoPoints means that the server has the metric, but that the tags or the range of the
	// query exclude its points.
	HintNoPoints
	// HintPutPort means that the endpoint is the port at which VictoriaMetrics accepts points.
	// Send queries to its HTTP port.
	HintPutPort
)

// String returns the hint as a sentence without a full stop.
func (h Hint) String() string {
	names := make([]string, len(h.Suggestions))
	for i, s := range h.Suggestions {
		names[i] = fmt.Sprintf("%q", s)
	}
	suggestions := strings.Join(names, ", ")
	switch h.Kind {
	case HintPromQL:
		return "the query is PromQL, or the server supports only PromQL: use PromQL instead of Apptuit's language"
	case HintApptuit:
		return "the query is in Apptuit's language: send it as such instead of as PromQL"
	case HintStoredAs:
		return fmt.Sprintf("the metric %q is stored as %s", h.Metric, suggestions)
	case HintSimilar:
		return fmt.Sprintf("there is no metric %q in the last 30 days: did you mean %s?", h.Metric, suggestions)
	case HintUnknown:
		return fmt.Sprintf("there is no metric %q in the last 30 days", h.Metric)
	case HintNoPoints:
		return fmt.Sprintf("the metric %q exists: check the tags and the range of the query", h.Metric)
	case HintPutPort:
		return "the endpoint is VictoriaMetrics' port for points (-opentsdbHTTPListenAddr): send queries to its HTTP port (-httpListenAddr, 8428 by default)"
	}
	return fmt.Sprintf("Hint(%d)", h.Kind)
}

// Limits of hints.
const (
	maxSuggestions = 5
	maxHintNames   = 5      // metrics in a query that get a hint
	maxHintMetrics = 50_000 // metrics of the server that names are compared with
	hintRange      = 30 * 24 * time.Hour
)

// Hints returns possible reasons why a query found no points, or why it failed with err. err is
// nil if the query did not fail.
//
// Hints may send a request to the server, so that a program should call it only when a user waits
// for an explanation. The request either checks whether the server supports PromQL, or lists
// the names of up to 50,000 metrics with points in the last 30 days. If the request fails, Hints
// returns the error together with the hints that do not depend on the answer. If there are
// no hints, the reason is none of those that [HintKind] lists.
func (c *Client) Hints(ctx context.Context, language Language, q string, err error) ([]Hint, error) {
	if err != nil && !isAnswer(err) {
		return nil, nil // the server did not process the query
	}
	if isPutPort(err) {
		return []Hint{{Kind: HintPutPort}}, nil
	}
	if h, ok := wrongLanguage(language, q); ok {
		return []Hint{h}, nil
	}
	if language == LanguageApptuit && isNotQueryAPI(err) {
		if _, err := c.QueryInstant(ctx, "vector(1)", time.Time{}); err != nil {
			return nil, err
		}
		return []Hint{{Kind: HintPromQL}}, nil
	}
	names := selected(q)
	if language == LanguageApptuit {
		names = fetched(q)
	}
	if len(names) == 0 {
		return nil, nil
	}
	metrics, listErr := c.Metrics(ctx, Selection{Start: time.Now().Add(-hintRange), Limit: maxHintMetrics})
	if listErr != nil {
		return c.sanitizedHints(names), listErr
	}
	hints, ctxErr := hintsOf(ctx, names, metrics.Items)
	return slices.DeleteFunc(hints, func(h Hint) bool {
		return h.Kind == HintUnknown && metrics.Truncated || h.Kind == HintNoPoints && err != nil
	}), ctxErr
}

// hintsOf compares the metrics in a query with the metrics of the server. It ends when ctx does,
// because the comparison of a metric with 50,000 long names takes seconds.
func hintsOf(ctx context.Context, names, metrics []string) (hints []Hint, err error) {
	for _, name := range names[:min(len(names), maxHintNames)] {
		if ctx.Err() != nil {
			return hints, context.Cause(ctx)
		}
		hints = append(hints, hintOf(name, metrics))
	}
	return hints, nil
}

// isAnswer reports whether err is the answer of a server that has processed a query.
func isAnswer(err error) bool {
	var status *apptuitclient.StatusError
	var failure *PrometheusError
	return errors.As(err, &status) && !errors.Is(err, apptuitclient.ErrUnauthorized) || errors.As(err, &failure) || isNotQueryAPI(err)
}

// isNotQueryAPI reports whether err means that the server does not implement Apptuit's query
// API. VictoriaMetrics answers 400 to unknown paths.
func isNotQueryAPI(err error) bool {
	if errors.Is(err, errNoOutputs) {
		return true
	}
	var status *apptuitclient.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.StatusCode {
	case http.StatusOK, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	case http.StatusBadRequest:
		return strings.Contains(status.Message, "unsupported path")
	}
	return false
}

// isPutPort reports whether err is the answer of VictoriaMetrics' port for OpenTSDB's put protocol
// to a query.
func isPutPort(err error) bool {
	var status *apptuitclient.StatusError
	return errors.As(err, &status) && status.StatusCode == http.StatusBadRequest &&
		strings.Contains(status.Message, "unexpected path requested on HTTP OpenTSDB server")
}

// wrongLanguage returns a hint if a query is in the other language. Queries in Apptuit's
// language call fetch, and PromQL has no function of that name.
func wrongLanguage(language Language, q string) (Hint, bool) {
	fetches := len(fetched(q)) > 0
	switch {
	case language == LanguagePromQL && fetches:
		return Hint{Kind: HintApptuit}, true
	case language == LanguageApptuit && !fetches && !strings.Contains(q, "fetch"):
		return Hint{Kind: HintPromQL}, true
	}
	return Hint{}, false
}

// sanitizedHints returns hints for names that the client would sanitize, without checking that
// the server stores the sanitized names.
func (c *Client) sanitizedHints(names []string) []Hint {
	var hints []Hint
	for _, name := range names[:min(len(names), maxHintNames)] {
		if s := c.core.SanitizeMode().Sanitize(name); s != name {
			hints = append(hints, Hint{Kind: HintStoredAs, Metric: name, Suggestions: []string{s}})
		}
	}
	return hints
}

// hintOf compares a metric in a query with the metrics of the server.
func hintOf(name string, metrics []string) Hint {
	if slices.Contains(metrics, name) {
		return Hint{Kind: HintNoPoints, Metric: name}
	}
	sanitized := encoding.SanitizePrometheus.Sanitize(name)
	for _, s := range []string{encoding.SanitizeApptuit.Sanitize(name), sanitized} {
		if slices.Contains(metrics, s) {
			return Hint{Kind: HintStoredAs, Metric: name, Suggestions: []string{s}}
		}
	}
	var parts []string
	for _, m := range metrics {
		rest, ok := strings.CutPrefix(m, name)
		if !ok {
			rest, ok = strings.CutPrefix(m, sanitized)
		}
		if ok && isSuffix(rest) && len(parts) < maxSuggestions {
			parts = append(parts, m)
		}
	}
	if len(parts) > 0 {
		return Hint{Kind: HintStoredAs, Metric: name, Suggestions: parts}
	}
	if near := nearest.Name(sanitized, metrics); near != "" {
		return Hint{Kind: HintSimilar, Metric: name, Suggestions: []string{near}}
	}
	return Hint{Kind: HintUnknown, Metric: name}
}

// isSuffix reports whether a text is a suffix that the exporter appends to names, for example
// ".bucket" of a histogram, "_count" in sanitized form, or "_seconds_total" in Prometheus'
// names.
func isSuffix(rest string) bool {
	if rest == "" || rest[0] != '.' && rest[0] != '_' {
		return false
	}
	last := rest[strings.LastIndexAny(rest, "._")+1:]
	switch last {
	case "bucket", "count", "sum", "min", "max", "total", "ratio", "bytes", "seconds":
		return strings.Count(rest, ".")+strings.Count(rest, "_") <= 2
	}
	return false
}
