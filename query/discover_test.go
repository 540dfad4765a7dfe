// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// lists returns the four lists: the method and path of the request, and a function that requests the list.
func lists() map[string]struct {
	method, path string
	ask          func(context.Context, *query.Client, query.Selection) (items any, truncated bool, notes query.Notes, err error)
} {
	type asked = func(context.Context, *query.Client, query.Selection) (any, bool, query.Notes, error)
	names := func(l *query.Listing[string], err error) (any, bool, query.Notes, error) {
		if err != nil {
			return nil, false, query.Notes{}, err
		}
		return l.Items, l.Truncated, l.Notes, nil
	}
	type question = struct {
		method, path string
		ask          asked
	}
	return map[string]question{
		"metrics": {"GET", "/prometheus/api/v1/label/__name__/values", func(ctx context.Context, c *query.Client, s query.Selection) (any, bool, query.Notes, error) {
			return names(c.Metrics(ctx, s))
		}},
		"labels": {"POST", "/prometheus/api/v1/labels", func(ctx context.Context, c *query.Client, s query.Selection) (any, bool, query.Notes, error) {
			return names(c.Labels(ctx, s))
		}},
		"label values": {"GET", "/prometheus/api/v1/label/a%2Fb%20%C3%A4/values", func(ctx context.Context, c *query.Client, s query.Selection) (any, bool, query.Notes, error) {
			return names(c.LabelValues(ctx, "a/b ä", s))
		}},
		"series": {"POST", "/prometheus/api/v1/series", func(ctx context.Context, c *query.Client, s query.Selection) (any, bool, query.Notes, error) {
			l, err := c.Series(ctx, s)
			if err != nil {
				return nil, false, query.Notes{}, err
			}
			var all []string
			for _, s := range l.Items {
				all = append(all, s.Name())
			}
			return all, l.Truncated, l.Notes, nil
		}},
	}
}

// listed returns an answer with n items, at most three.
func listed(what string, n int) string {
	items := []string{`"a"`, `"b"`, `"c"`}
	if what == "series" {
		items = []string{`{"__name__":"a"}`, `{"__name__":"b","k":"v","ä":"x"}`, `{"k":"v"}`}
	}
	return `{"status":"success","isPartial":true,"data":[` + strings.Join(items[:n], ",") + `],"warnings":["w","w"],"infos":["i"]}`
}

func TestLists(t *testing.T) {
	selection := query.Selection{
		Match: []string{`{job="a&b"}`, "up"}, Start: time.UnixMilli(1_700_000_000_500), End: at(epoch + 60), Limit: 2,
	}
	form := url.Values{"match[]": selection.Match, "start": {"1700000000.500"}, "end": {"1700000060"}, "limit": {"3"}}
	for what, q := range lists() {
		t.Run(what, func(t *testing.T) {
			for n := range 4 {
				f := newFake(t, reply{body: listed(what, n), header: []string{"X-Server-Hostname", "host-1"}})
				items, truncated, notes, err := q.ask(t.Context(), f.client(), selection)
				if err != nil {
					t.Fatal(err)
				}
				same(t, f.methods(), q.method)
				r := f.all()[0]
				same(t, r.URL.EscapedPath(), q.path)
				if q.method == http.MethodPost {
					same(t, r.form, form)
				} else {
					same(t, r.URL.Query(), form)
				}
				want := []string{"a", "b", "c"}
				if what == "series" {
					want = []string{"a{}", "b{k:v, ä:x}", "{k:v}"}
				}
				if n == 0 {
					want = nil
				}
				same(t, items, any(want[:min(n, 2)]), "items")
				same(t, truncated, n > 2, "truncated")
				same(t, notes, query.Notes{Warnings: []string{"w"}, Infos: []string{"i"}, Partial: true})
			}
		})
	}
}

func TestLists_OmitUnsetParameters(t *testing.T) {
	for what, q := range lists() {
		selection := query.Selection{}
		if what == "series" {
			selection.Match = []string{"up"}
		}
		f := newFake(t, reply{body: listed(what, 3)})
		items, truncated, _, err := q.ask(t.Context(), f.client(), selection)
		if err != nil {
			t.Fatal(err)
		}
		same(t, len(items.([]string)), 3)
		same(t, truncated, false)
		r := f.all()[0]
		same(t, r.URL.RawQuery+r.form.Encode(), url.Values{"match[]": selection.Match}.Encode(), what)
	}
}

func TestLists_FallBackToGet(t *testing.T) {
	for what, q := range lists() {
		f := &fake{t: t, answer: func(r *asked) reply {
			if r.Method == http.MethodPost {
				return reply{code: 405}
			}
			return reply{body: listed(what, 1)}
		}}
		if _, _, _, err := q.ask(t.Context(), f.client(), query.Selection{Match: []string{"up"}}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		last := f.all()[len(f.all())-1]
		same(t, last.Method, http.MethodGet)
		same(t, last.URL.Query(), url.Values{"match[]": {"up"}})
	}
}

func TestLists_EmptyAnswers(t *testing.T) {
	for what, q := range lists() {
		for _, body := range []string{`{"status":"success"}`, `{"status":"success","data":null}`, `{"data":[],"status":"success"}`} {
			items, truncated, _, err := q.ask(t.Context(), newFake(t, reply{body: body}).client(), query.Selection{Match: []string{"up"}, Limit: 1})
			if err != nil || len(items.([]string)) != 0 || truncated {
				t.Errorf("%s: %v, %v, %v", what, items, truncated, err)
			}
		}
	}
}

func TestLists_Errors(t *testing.T) {
	const token = "s3cr3t-token"
	for what, q := range lists() {
		for body, text := range map[string]string{
			`{"status":"error","errorType":"bad_data","error":"no ` + token + `"}`: "bad_data: no [redacted]",
			`{"status":"success","data":{"resultType":"vector"}}`:                  "an object where an array is expected",
			`{"status":"success","data":[5]}`:                                      "a number where",
			`{"status":"success","data":[`:                                         "unexpected EOF",
			`{"data":[]}`:                                                          "no status in the answer",
			`{"status":"success","warnings":["server returned HTTP status 401 Unauthorized: ` + token + `"]}`: "server returned HTTP status 401",
			page: "not a query endpoint",
		} {
			f := newFake(t, reply{body: body})
			_, _, _, err := q.ask(t.Context(), query.New(f.core(apptuitclient.WithToken(token))), query.Selection{Match: []string{"up"}})
			contains(t, err, "apptuit: "+what+": ", text)
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), token) {
				t.Errorf("the token is in %v", err)
			}
			same(t, len(f.all()), 1, "requests")
		}
		f := newFake(t, reply{})
		_, _, _, err := q.ask(t.Context(), f.client(query.WithTimeout(0)), query.Selection{Match: []string{" "}, Start: at(2), End: at(1), Limit: -1})
		contains(t, err, "apptuit: "+what+": ", "WithTimeout", "a series selector is empty", "is before the start", "the limit -1 is negative")
		_, _, _, err = q.ask(t.Context(), newFake(t, reply{body: listed(what, 3)}).client(query.WithMaxResponseBytes(50)), query.Selection{Match: []string{"up"}})
		is(t, err, query.ErrAnswerTooLarge)
		same(t, len(f.all()), 0, "requests")
	}
	f := newFake(t, reply{})
	_, err := f.client().Series(t.Context(), query.Selection{})
	contains(t, err, "a series selector is missing")
	_, err = f.client().LabelValues(t.Context(), "", query.Selection{})
	contains(t, err, "the label is empty")
	same(t, len(f.all()), 0, "requests")
}
