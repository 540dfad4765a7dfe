// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// The server is unavailable when the program sends a point. The point is kept on disk, and
// delivered when the server is back, here by the next process.
func ExampleWithSpool() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server := apptuittest.NewServer()
	defer server.Close()
	server.Fail(apptuittest.Fault{Status: 503, Times: 1000})

	connect := func() (*apptuitclient.Client, error) {
		return apptuitclient.New(
			apptuitclient.WithEndpoint(server.URL),
			apptuitclient.WithSpool(dir,
				apptuitclient.WithSpoolMaxBytes(64<<20),
				apptuitclient.WithSpoolMaxAge(6*time.Hour)),
			// By default, otel.Handle gets the warnings about spooling.
			apptuitclient.WithWarningHandler(func(error) {}),
		)
	}
	client, err := connect()
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.Send(context.Background(), []apptuitclient.DataPoint{
		{Metric: "node.cpu", Tags: map[string]string{"core": "0"}, Timestamp: time.Unix(1700000000, 0), Value: 12.5},
	})
	stats, _ := client.SpoolStats()
	fmt.Println("error:", err, "spooled:", stats.Spooled)
	client.Close()

	server.Reset() // the server is back
	client, err = connect()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := server.WaitPoints(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(server.Points()[0])
	// Output:
	// error: <nil> spooled: 1
	// node_cpu{core=0} 1700000000 12.5
}
