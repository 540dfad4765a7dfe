// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package query asks Apptuit, or any Prometheus-compatible server, for points.
//
//	client, err := apptuitclient.New()
//	result, err := query.New(client).Query(ctx, "fetch('proc.cpu').downsample('1m','avg')", start, time.Time{})
//	for _, output := range result.Outputs {
//		fmt.Print(output.Frame())
//	}
//
// What goes in: a query of Apptuit's own language ([Client.Query]), or a PromQL
// expression ([Client.QueryRange]), and a range of time. What comes out: a
// [Result] of series, which [Output.Frame] joins on time. What fails is an error
// that wraps an *apptuitclient.StatusError (the server's answer, with its
// explanation), a [*DecodeError] (at which byte an answer is not what it should
// be), or why there was no answer.
//
// Requests have the token, the connections, the retries and the redaction of the
// apptuitclient.Client, and a time-out of their own. Answers are decoded as they
// arrive and bounded in size. An answer that breaks off is not asked for again.
//
// Timestamps are milliseconds; numbers above 9,999,999,999 are taken for
// milliseconds, smaller ones for seconds (OpenTSDB's rule). A value may be null,
// which is NaN, and Prometheus' "NaN", "+Inf" and "-Inf". Points outside the
// range of a Client.Query are dropped. Unlike in apptuit-py, an output without
// series stays in the result, with an empty frame.
package query
