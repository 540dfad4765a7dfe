// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// promServer imitates a Prometheus-compatible server with the metrics http_requests and
// http_server_duration_bucket of two hosts.
func promServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.FormValue("query")
		body := `"data":{"resultType":"vector","result":[]}`
		switch _, path, _ := strings.Cut(r.URL.Path, "/api/v1"); {
		case path == "/label/__name__/values":
			body = `"data":["http_requests","http_server_duration_bucket"]`
		case path == "/label/host/values":
			body = `"data":["web1","web2"]`
		case path == "/series":
			body = `"data":[{"__name__":"http_requests","host":"web1"},{"__name__":"http_requests","host":"web2"}]`
		case path == "/query" && strings.Contains(query, "http_requests"):
			body = `"data":{"resultType":"vector","result":[{"metric":{"host":"web1"},"value":[1767268800,"12.5"]},
				{"metric":{"host":"web2"},"value":[1767268800,"0"]}]},"infos":["PromQL info: metric might not be a counter"]`
		case path == "/query_range" && strings.Contains(query, "http_requests"):
			body = `"data":{"resultType":"matrix","result":[{"metric":{"__name__":"http_requests","host":"web1"},
				"values":[[1767268800,"10"],[1767268860,"15"]]}]}`
		case path == "/query_range":
			body = `"data":{"resultType":"matrix","result":[{"metric":{"__name__":"errors"},"values":[[1767268860,"2"]]}]}`
		}
		_, _ = io.WriteString(w, `{"status":"success",`+body+`}`)
	}))
}

// promClient returns a query client for a server.
func promClient(server *httptest.Server, opts ...query.Option) (*query.Client, func()) {
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL))
	if err != nil {
		panic(err)
	}
	q := query.New(client, opts...)
	return q, func() {
		_ = client.Close()
		server.Close()
	}
}

func ExampleClient_QueryInstant() {
	q, stop := promClient(promServer())
	defer stop()
	ctx := context.Background()

	result, err := q.QueryInstant(ctx, "sum by (host) (rate(http_requests[5m]))", time.Time{}) // now
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range result.Outputs[0].Series {
		fmt.Println(s.Tags["host"], s.Values[0])
	}
	fmt.Println("partial:", result.Partial, "warnings:", result.Warnings, "infos:", result.Infos)
	// Output:
	// web1 12.5
	// web2 0
	// partial: false warnings: [] infos: [PromQL info: metric might not be a counter]
}

func ExampleClient_Series() {
	q, stop := promClient(promServer())
	defer stop()
	ctx := context.Background()

	day := query.Selection{Start: time.Now().Add(-24 * time.Hour), Limit: 1000}
	metrics, err := q.Metrics(ctx, day)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metrics.Items, metrics.Truncated)

	hosts, err := q.LabelValues(ctx, "host", day)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(hosts.Items)

	series, err := q.Series(ctx, query.Selection{Match: []string{"http_requests"}, Start: day.Start})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range series.Items {
		fmt.Println(s.Name())
	}
	// Output:
	// [http_requests http_server_duration_bucket] false
	// [web1 web2]
	// http_requests{host:web1}
	// http_requests{host:web2}
}

func ExampleClient_StreamRange() {
	q, stop := promClient(promServer())
	defer stop()
	ctx := context.Background()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

	stream := q.StreamRange(ctx, "http_requests", start, start.Add(time.Minute), time.Minute)
	for piece, err := range stream.Pieces() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(piece.Name(), piece.Timestamps, piece.Values)
	}
	fmt.Println("warnings:", stream.Warnings)
	// Output:
	// http_requests{host:web1} [1767268800000 1767268860000] [10 15]
	// warnings: []
}

func ExampleJoin() {
	q, stop := promClient(promServer(), query.WithAlignedStart())
	defer stop()
	ctx := context.Background()
	start := time.Date(2026, 1, 1, 12, 0, 17, 0, time.UTC)

	var frames []*query.Frame
	for _, promql := range []string{"http_requests", "errors"} {
		result, err := q.QueryRange(ctx, promql, start, start.Add(time.Minute), time.Minute)
		if err != nil {
			fmt.Println(err)
			return
		}
		frames = append(frames, result.Outputs[0].Frame())
	}
	fmt.Print(query.Join(frames...))
	// Output:
	//                   time  http_requests{host:web1}  errors{}
	//   2026-01-01 12:00:00Z                        10       NaN
	//   2026-01-01 12:01:00Z                        15         2
	// [2 rows x 2 columns]
}

func ExampleMerge() {
	tags := map[string]string{"host": "web1"}
	before := query.Output{Series: []query.Series{{Metric: "cpu", Tags: tags, Timestamps: []int64{1767268800000, 1767268860000}, Values: []float64{0.5, 0.25}}}}
	after := query.Output{Series: []query.Series{{Metric: "cpu", Tags: tags, Timestamps: []int64{1767268860000, 1767268920000}, Values: []float64{0.75, 1}}}}

	fmt.Print(query.Merge(before, after).Frame())
	// Output:
	//                   time  cpu{host:web1}
	//   2026-01-01 12:00:00Z             0.5
	//   2026-01-01 12:01:00Z            0.75
	//   2026-01-01 12:02:00Z               1
	// [3 rows x 1 columns]
}

func ExampleOutput_Long() {
	output := query.Output{Series: []query.Series{
		{Metric: "cpu", Tags: map[string]string{"host": "web1"}, Timestamps: []int64{1767268800000, 1767268860000}, Values: []float64{0.5, 0.25}},
		{Metric: "mem", Tags: map[string]string{"host": "web1", "kind": "rss"}, Timestamps: []int64{1767268861000}, Values: []float64{4096}},
	}}

	long := output.Long()
	fmt.Print(long)
	if err := long.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	//   metric  host  kind                  time  value
	//      cpu  web1        2026-01-01 12:00:00Z    0.5
	//      cpu  web1        2026-01-01 12:01:00Z   0.25
	//      mem  web1   rss  2026-01-01 12:01:01Z   4096
	// [3 rows x 4 columns]
	// metric,host,kind,time,value
	// cpu,web1,,2026-01-01T12:00:00Z,0.5
	// cpu,web1,,2026-01-01T12:01:00Z,0.25
	// mem,web1,rss,2026-01-01T12:01:01Z,4096
}

func ExampleClient_Hints() {
	q, stop := promClient(promServer())
	defer stop()
	ctx := context.Background()

	for _, promql := range []string{"http.requests", "http_reqests", "http.server.duration"} {
		result, err := q.QueryInstant(ctx, promql, time.Time{})
		if err == nil && len(result.Outputs[0].Series) > 0 {
			continue
		}
		hints, err := q.Hints(ctx, query.LanguagePromQL, promql, err)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, h := range hints {
			fmt.Println(h)
		}
	}
	// Output:
	// the metric "http.requests" is stored as "http_requests"
	// there is no metric "http_reqests" in the last 30 days: did you mean "http_requests"?
	// the metric "http.server.duration" is stored as "http_server_duration_bucket"
}
