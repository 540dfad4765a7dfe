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
	// LanguageApptuit is Apptuit's own: fetch('proc.cpu').downsample('1m','avg').
	LanguageApptuit Language = iota
	// LanguagePromQL is PromQL, or MetricsQL: sum by (host) (rate(requests[5m])).
	LanguagePromQL
)

// Hint is a possible reason why a query found no points, or failed.
type Hint struct {
	Kind HintKind
	// Metric is the metric of the query that the hint is about, if it is about one.
	Metric string
	// Suggestions are up to five names of metrics of the server.
	Suggestions []string
}

// HintKind is the kind of a [Hint].
type HintKind uint8

const (
	// HintPromQL says that the query is PromQL, or that the server answers nothing else:
	// use QueryRange or QueryInstant.
	HintPromQL HintKind = iota
	// HintApptuit says that the query is in Apptuit's language: use Query.
	HintApptuit
	// HintStoredAs says that the server stores the metric under the suggested names: points
	// are sent with a sanitized name, and a histogram becomes several metrics.
	HintStoredAs
	// HintSimilar says that there is no such metric, but others with a similar name.
	HintSimilar
	// HintUnknown says that there is no such metric.
	HintUnknown
	// HintNoPoints says that there is such a metric: tags or range of the query exclude
	// its points.
	HintNoPoints
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
		return "the query or the server is for PromQL: ask a PromQL query instead of one in Apptuit's language"
	case HintApptuit:
		return "the query is in Apptuit's language: ask it as such instead of PromQL"
	case HintStoredAs:
		return fmt.Sprintf("the metric %q is stored as %s", h.Metric, suggestions)
	case HintSimilar:
		return fmt.Sprintf("there is no metric %q in the last 30 days: did you mean %s?", h.Metric, suggestions)
	case HintUnknown:
		return fmt.Sprintf("there is no metric %q in the last 30 days", h.Metric)
	case HintNoPoints:
		return fmt.Sprintf("the metric %q exists: check the tags and the range of the query", h.Metric)
	}
	return fmt.Sprintf("Hint(%d)", h.Kind)
}

// Limits of hints.
const (
	maxSuggestions = 5
	maxHintNames   = 5 // metrics of a query
	maxHintMetrics = 50_000
	hintRange      = 30 * 24 * time.Hour
)

// Hints looks for the reason why a query found no points, or failed with err, which is nil
// if it did not fail. It asks the server, so a program should call it only when somebody waits
// for an explanation: either whether the server answers PromQL, or for up to 50,000 names of
// its metrics in the last 30 days. If a request fails, Hints returns its error, together with
// the hints that need no names. No hint means that the reason is none of those that a
// [HintKind] describes.
func (c *Client) Hints(ctx context.Context, language Language, q string, err error) ([]Hint, error) {
	if err != nil && !isAnswer(err) {
		return nil, nil // the server did not read the query
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

// hintsOf compares the metrics of a query with those of the server. To compare one with 50,000
// long names takes seconds, so it ends with ctx.
func hintsOf(ctx context.Context, names, metrics []string) (hints []Hint, err error) {
	for _, name := range names[:min(len(names), maxHintNames)] {
		if ctx.Err() != nil {
			return hints, context.Cause(ctx)
		}
		hints = append(hints, hintOf(name, metrics))
	}
	return hints, nil
}

// isAnswer reports whether an error is a server's answer to a query.
func isAnswer(err error) bool {
	var status *apptuitclient.StatusError
	var failure *PrometheusError
	return errors.As(err, &status) && !errors.Is(err, apptuitclient.ErrUnauthorized) || errors.As(err, &failure) || isNotQueryAPI(err)
}

// isNotQueryAPI reports whether an error says that a server does not have Apptuit's query
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

// wrongLanguage tells a query by fetch(…), which no function of PromQL is called, and without
// which a query in Apptuit's language finds nothing.
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

// sanitizedHints returns hints for names that the client would sanitize. It does not know
// whether the server stores the sanitized names.
func (c *Client) sanitizedHints(names []string) []Hint {
	var hints []Hint
	for _, name := range names[:min(len(names), maxHintNames)] {
		if s := c.core.SanitizeMode().Sanitize(name); s != name {
			hints = append(hints, Hint{Kind: HintStoredAs, Metric: name, Suggestions: []string{s}})
		}
	}
	return hints
}

// hintOf compares a metric of a query with those of the server.
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

// isSuffix reports whether a text is a suffix that the exporter adds to the name of a
// histogram or summary, joined by a dot or, sanitized, by an underscore. Prometheus' names add
// a unit and _total.
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
