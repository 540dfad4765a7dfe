// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// retryFor is how long the command tries again when the server cannot be
// reached: somebody is waiting.
const retryFor = 5 * time.Second

// ask asks the server.
func (c *command) ask(ctx context.Context, warn func(error)) (*query.Result, error) {
	options := append(slices.Clone(c.options),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: retryFor, MaxElapsedTime: retryFor,
		}),
		apptuitclient.WithWarningHandler(warn),
		apptuitclient.WithoutEnvironmentTags(), // which are for points that are sent
	)
	client, err := apptuitclient.New(options...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }() // it has sent no points

	q := query.New(client, query.WithPrometheusPath(c.prometheusPath), query.WithTimeout(c.connection.Timeout()))
	bounded, cancel := c.connection.Limit(ctx)
	defer cancel()
	if c.promql {
		return q.QueryRange(bounded, c.query, c.start, c.until(), c.step)
	}
	return q.Query(bounded, c.query, c.start, c.end)
}
