// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/query"
)

// show prints the points of the last export.
func show(points []apptuittest.Point) {
	if len(points) == 0 {
		return
	}
	last := points[len(points)-1].Timestamp
	first := len(points)
	for first > 0 && points[first-1].Timestamp == last {
		first--
	}
	fmt.Printf("%d points arrived, including the exporter's own metrics; the %d points of the last second:\n\n", len(points), len(points)-first)
	for _, p := range points[first:] {
		fmt.Println(" ", p)
	}
}

// readBack queries one of the metrics that the server has just received.
func readBack(ctx context.Context, endpoint string) error {
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(endpoint))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	const q = "fetch('orders')"
	result, err := query.New(client).Query(ctx, q, time.Now().Add(-time.Minute), time.Time{})
	if err != nil {
		return err
	}
	for _, output := range result.Outputs {
		fmt.Printf("\nresult of the query %s:\n\n%v", q, output.Frame())
	}
	return nil
}
