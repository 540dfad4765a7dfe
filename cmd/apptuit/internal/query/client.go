// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/query"
)

// retryFor is the time for which a query is tried again if the server cannot be reached. It is short,
// since the user waits.
const retryFor = 5 * time.Second

// serverFlags are the flags of the server that answers the queries.
type serverFlags struct {
	connection     *connection.Flags
	prometheusPath string
}

func addServer(c *cobra.Command) *serverFlags {
	f := &serverFlags{connection: connection.Add(c, 3*time.Minute)}
	c.Flags().StringVar(&f.prometheusPath, "prometheus-path", "/prometheus", "`PATH` of the PromQL API below the endpoint; \"\" for Prometheus itself")
	return f
}

// server is the server that answers the queries.
type server struct {
	connection     *connection.Flags
	prometheusPath string
	options        []apptuitclient.Option
}

func (f *serverFlags) parse() (server, error) {
	options, err := f.connection.Options()
	return server{f.connection, f.prometheusPath, options}, err
}

// open returns a client for queries. The caller must call closeClient.
func (s server) open(warn func(error), options ...query.Option) (q *query.Client, closeClient func(), err error) {
	client, err := apptuitclient.New(append(slices.Clone(s.options),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: retryFor, MaxElapsedTime: retryFor,
		}),
		apptuitclient.WithWarningHandler(warn),
		apptuitclient.WithoutEnvironmentTags(), // they apply to points that are sent
	)...)
	if err != nil {
		return nil, nil, err
	}
	options = append(options, query.WithPrometheusPath(s.prometheusPath), query.WithTimeout(s.connection.Timeout()))
	return query.New(client, options...), func() { _ = client.Close() }, nil // it has sent no points
}
