// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"
)

// vectors reads a file with results of apptuit-py, one JSON object per line.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []T
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s, line %d: %v", name, len(all)+1, err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(all), err)
	}
	return all
}

func end(seconds *int64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return at(*seconds)
}

// Frames are the same as those of apptuit-py, with one difference: apptuit-py omits outputs without
// series, which here have a frame without rows and columns.
func TestFrame_AgreesWithPython(t *testing.T) {
	type frame struct {
		ID      string       `json:"id"`
		Columns []string     `json:"columns"`
		Index   []int64      `json:"index"`
		Values  [][]*float64 `json:"values"`
	}
	type vector struct {
		Body   string  `json:"body"`
		Start  int64   `json:"start"`
		End    *int64  `json:"end"`
		Frames []frame `json:"frames"`
	}
	empty, full := 0, 0
	for i, v := range vectors[vector](t, "testdata/query.jsonl") {
		r, err := newFake(t, reply{body: v.Body}).client().Query(t.Context(), "fetch('x')", at(v.Start), end(v.End))
		succeeds(t, r, err)
		want := map[string]frame{}
		for _, f := range v.Frames {
			want[f.ID] = f
		}
		var ids, wantIDs []string
		for _, o := range r.Outputs {
			f, ok := want[o.ID]
			if !ok {
				empty++
				if got := o.Frame(); len(o.Series) != 0 || len(got.Index) != 0 || len(got.Columns) != 0 {
					t.Errorf("vector %d: output %s is not empty: %v", i, o.ID, got)
				}
				continue
			}
			full++
			ids = append(ids, o.ID)
			got := frame{ID: o.ID}
			for _, at := range o.Frame().Index {
				got.Index = append(got.Index, at.Unix())
			}
			for _, c := range o.Frame().Columns {
				got.Columns = append(got.Columns, c.Name)
				var values []*float64
				for _, v := range c.Values {
					if math.IsNaN(v) {
						values = append(values, nil)
					} else {
						values = append(values, &v)
					}
				}
				got.Values = append(got.Values, values)
			}
			same(t, got, f, "vector", i, "output", o.ID)
		}
		for _, f := range v.Frames {
			wantIDs = append(wantIDs, f.ID)
		}
		same(t, ids, wantIDs, "outputs of vector", i)
	}
	if empty == 0 || full == 0 {
		t.Errorf("the vectors have %d outputs with series and %d without", full, empty)
	}
}

func TestClient_Query_URLAgreesWithPython(t *testing.T) {
	type vector struct {
		Query string `json:"query"`
		Start int64  `json:"start"`
		End   *int64 `json:"end"`
		URL   string `json:"url"`
	}
	for _, v := range vectors[vector](t, "testdata/query_url.jsonl") {
		f := newFake(t, reply{body: `{"outputs":[]}`})
		if _, err := f.client().Query(t.Context(), v.Query, at(v.Start), end(v.End)); err != nil {
			t.Fatal(err)
		}
		same(t, f.all()[0].URL.RequestURI(), v.URL)
		same(t, f.all()[0].URL.Query().Get("q"), v.Query)
	}
}
