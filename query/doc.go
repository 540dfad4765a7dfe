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
// expression ([Client.QueryRange], [Client.QueryInstant]), and a range of time or
// one time. What comes out: a [Result] of series, which [Output.Frame] joins on
// time, and [Output.Long] gives point by point. [Client.StreamQuery] and
// [Client.StreamRange] give answers piece by piece that are too large for memory.
//
// [Client.Metrics], [Client.Labels], [Client.LabelValues] and [Client.Series] list
// the contents of a Prometheus-compatible server. [Client.Hints] says why a query
// may have found nothing.
//
// What fails is an error that wraps an *apptuitclient.StatusError (the server's
// answer, with up to 4 KiB of its explanation), a [*PrometheusError] (an error in an
// answer with status 200), a [*DecodeError] (at which byte an answer is not what it
// should be), or why there was no answer.
//
// Requests use the token, the connections, the retries and the redaction of the
// apptuitclient.Client, and a time-out of their own. Answers are decoded as they
// arrive and bounded in size. An answer that breaks off is not asked for again.
// Queries in PromQL and lists are asked by POST; if a server answers 403, 405 or 501,
// by GET. Prometheus' API accepts only GET for metrics and the values of labels, and
// Apptuit's own API only GET for queries.
//
// Timestamps are milliseconds; numbers above 9,999,999,999 are taken for
// milliseconds, smaller ones for seconds (OpenTSDB's rule). A value may be null,
// which is NaN, Prometheus' "NaN", "+Inf" and "-Inf", and NaN, Infinity and
// -Infinity without quotes, as Python writes them. Points outside the
// range of a Client.Query are dropped. Unlike in apptuit-py, an output without
// series stays in the result, with an empty frame.
package query
