// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// Fetch returns the points of a metric as a query finds them in an apptuittest server, or the text of its refusal.
func Fetch(t testing.TB, s *apptuittest.Server, metric string) (points []Point, refusal string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/query?start=0&q="+url.QueryEscape("fetch('"+metric+"')"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, text.String()
	}
	var a struct {
		Outputs []struct {
			Result []struct {
				Metric string            `json:"metric"`
				Tags   map[string]string `json:"tags"`
				Points [][2]float64      `json:"dps"`
			} `json:"result"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal(text.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	for _, o := range a.Outputs {
		for _, series := range o.Result {
			for _, p := range series.Points {
				points = append(points, Point{Metric: series.Metric, Tags: series.Tags, Time: int64(p[0]) * 1000, Value: p[1]})
			}
		}
	}
	return points, ""
}
