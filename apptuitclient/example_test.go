// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
)

func ExampleClient_Send() {
	// This example has a server of its own. Without WithEndpoint, points are sent to
	// Apptuit.
	server := apptuittest.NewServer(apptuittest.WithToken("my-token"))
	defer server.Close()

	client, err := apptuitclient.New(
		apptuitclient.WithEndpoint(server.URL),
		apptuitclient.WithToken("my-token"),
		apptuitclient.WithTags(map[string]string{"host": "web1"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = client.Send(ctx, []apptuitclient.DataPoint{
		{Metric: "node.cpu", Tags: map[string]string{"core": "0"}, Timestamp: time.Unix(1700000000, 0), Value: 12.5},
		{Metric: "node.cpu", Tags: map[string]string{"core": "1"}, Timestamp: time.Unix(1700000000, 0), Value: 80},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range server.Points() {
		fmt.Println(p)
	}
	// Output:
	// node_cpu{core=0, host=web1} 1700000000 12.5
	// node_cpu{core=1, host=web1} 1700000000 80.0
}

func ExampleClient_SendTimeSeries() {
	server := apptuittest.NewServer()
	defer server.Close()
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	series := apptuitclient.TimeSeries{Metric: "queue.length", Tags: map[string]string{"queue": "mail"}}
	start := time.Unix(1700000000, 0)
	for minute, length := range []float64{3, 5, 4} {
		series.AddPoint(start.Add(time.Duration(minute)*time.Minute), length)
	}
	if err := client.SendTimeSeries(context.Background(), []apptuitclient.TimeSeries{series}); err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range server.Points() {
		fmt.Println(p)
	}
	// Output:
	// queue_length{queue=mail} 1700000000 3.0
	// queue_length{queue=mail} 1700000060 5.0
	// queue_length{queue=mail} 1700000120 4.0
}

// A point that fails does not affect the others, and the error accounts for each point.
func ExampleSendError() {
	server := apptuittest.NewServer()
	defer server.Close()
	server.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if strings.HasPrefix(p.Metric, "secret_") {
			return "Metric is not allowed"
		}
		return ""
	}))
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	tags, now := map[string]string{"host": "web1"}, time.Unix(1700000000, 0)
	err = client.Send(context.Background(), []apptuitclient.DataPoint{
		{Metric: "temperature", Tags: tags, Timestamp: now, Value: 21.5},
		{Metric: "temperature", Tags: tags, Timestamp: now, Value: math.NaN()},
		{Metric: "secret.plan", Tags: tags, Timestamp: now, Value: 1},
	})
	var failure *apptuitclient.SendError
	if errors.As(err, &failure) {
		fmt.Println("sent:", failure.Successful, "failed:", failure.Failed, "status:", failure.StatusCode)
		for _, e := range failure.Errors {
			fmt.Println(e.Point.Metric, e.Reason)
		}
	}
	fmt.Println("worth another try:", apptuitclient.Retryable(err))
	// Output:
	// sent: 1 failed: 2 status: 400
	// secret_plan Metric is not allowed
	// temperature value "NaN": not a finite number
	// worth another try: false
}

// A registry of counters that stores one string per series can use encoded names, which
// contain the metric and the tags like those of encode_metric in apptuit-py.
func ExampleWithEncodedNames() {
	server := apptuittest.NewServer()
	defer server.Close()
	client, err := apptuitclient.New(
		apptuitclient.WithEndpoint(server.URL),
		apptuitclient.WithEncodedNames(),
		apptuitclient.WithTags(map[string]string{"host": "web1"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	name, err := encoding.EncodeName("node.cpu", map[string]string{"core": "0", "type": "idle"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(name)
	err = client.Send(context.Background(), []apptuitclient.DataPoint{
		{Metric: name, Timestamp: time.Unix(1700000000, 0), Value: 12.5},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range server.Points() {
		fmt.Println(p)
	}
	// Output:
	// node.cpu{"core": "0", "type": "idle"}
	// node_cpu{core=0, host=web1, type=idle} 1700000000 12.5
}
