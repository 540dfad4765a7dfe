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
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/query"
)

func ExampleClient_Query() {
	server := apptuittest.NewServer()
	defer server.Close()
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	ctx := context.Background()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for i, host := range []string{"web1", "web2", "web1", "web1", "web2"} {
		if err := client.Send(ctx, []apptuitclient.DataPoint{{
			Metric: "cpu", Tags: map[string]string{"host": host},
			Timestamp: start.Add(time.Duration(i) * 30 * time.Second), Value: float64(10 * i),
		}}); err != nil {
			fmt.Println(err)
			return
		}
	}

	result, err := query.New(client).Query(ctx, "fetch('cpu').downsample('1m','avg')", start, time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, output := range result.Outputs {
		fmt.Print(output.Frame())
	}
	// Output:
	//                   time  cpu{host:web1}  cpu{host:web2}
	//   2026-01-01 12:00:00Z               0              10
	//   2026-01-01 12:01:00Z              25             NaN
	//   2026-01-01 12:02:00Z             NaN              40
	// [3 rows x 2 columns]
}

func ExampleClient_QueryRange() {
	// In place of Prometheus, this server always returns the same answer.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Path, r.PostFormValue("query"), r.PostFormValue("step"))
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"matrix","result":[
			{"metric":{"job":"api"},"values":[[1767268800,"0.5"],[1767268860,"1.25"]]},
			{"metric":{"job":"web"},"values":[[1767268860,"NaN"]]}]}}`)
	}))
	defer server.Close()
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	result, err := query.New(client, query.WithPrometheusPath("")).QueryRange(
		context.Background(), "sum by (job) (rate(requests[5m]))", start, start.Add(time.Minute), time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range result.Outputs[0].Series {
		fmt.Println(s.Tags["job"], s.Time(s.Len()-1).Format(time.TimeOnly), s.Values)
	}
	// Output:
	// /api/v1/query_range sum by (job) (rate(requests[5m])) 60
	// api 12:01:00 [0.5 1.25]
	// web 12:01:00 [NaN]
}

func ExampleFrame_WriteCSV() {
	output := query.Output{Series: []query.Series{
		{Metric: "cpu", Tags: map[string]string{"host": "web1"}, Timestamps: []int64{1767268800000, 1767268860000}, Values: []float64{0.5, 0.25}},
		{Metric: "mem", Timestamps: []int64{1767268860000}, Values: []float64{4096}},
	}}
	if err := output.Frame().In(time.FixedZone("CET", 60*60)).WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// time,cpu{host:web1},mem{}
	// 2026-01-01T13:00:00+01:00,0.5,
	// 2026-01-01T13:01:00+01:00,0.25,4096
}
