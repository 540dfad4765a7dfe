// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"errors"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/query"
)

// Fetch returns the points of a metric that a query finds in an apptuittest server, or the text of the
// server's refusal.
func Fetch(t testing.TB, s *apptuittest.Server, metric string) (points []Point, refusal string) {
	t.Helper()
	c, err := apptuitclient.New(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(s.URL), apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // nothing is sent
	result, err := query.New(c).Query(t.Context(), "fetch('"+metric+"')", time.Unix(0, 0), time.Time{})
	if _, refused := errors.AsType[*apptuitclient.StatusError](err); refused {
		return nil, err.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range result.Outputs {
		for _, series := range o.Series {
			for i, v := range series.Values {
				points = append(points, Point{Metric: series.Metric, Tags: series.Tags, Time: series.Timestamps[i], Value: v})
			}
		}
	}
	return points, ""
}
