// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// patience is how long the command tries again when the server cannot be
// reached: somebody is waiting.
const patience = 5 * time.Second

// ask asks the server.
func (c *command) ask(ctx context.Context, warn func(error)) (*query.Result, error) {
	options := []apptuitclient.Option{
		apptuitclient.WithRetry(apptuitclient.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: patience, MaxElapsedTime: patience,
		}),
		apptuitclient.WithWarningHandler(warn),
		apptuitclient.WithoutEnvironmentTags(), // which are for points that are sent
	}
	if c.endpoint != "" {
		options = append(options, apptuitclient.WithEndpoint(c.endpoint))
	}
	client, err := apptuitclient.New(options...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }() // it has sent no points

	q := query.New(client, query.WithPrometheusPath(c.prometheusPath), query.WithTimeout(c.timeout))
	bounded, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %v", c.timeout))
	defer cancel()
	if c.promql {
		return q.QueryRange(bounded, c.query, c.start, c.until(), c.step)
	}
	return q.Query(bounded, c.query, c.start, c.end)
}
