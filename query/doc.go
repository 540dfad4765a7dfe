// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package query reads points from Apptuit, or from any Prometheus-compatible server.
//
//	client, err := apptuitclient.New() // with APPTUIT_API_TOKEN in the environment
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	result, err := query.New(client).Query(ctx, "fetch('proc.cpu').downsample('1m','avg')", start, time.Time{})
//	if err != nil {
//		return err
//	}
//	for _, output := range result.Outputs {
//		fmt.Print(output.Frame())
//	}
//
// [Client.Query] sends a query in Apptuit's own language. [Client.QueryRange] evaluates a
// PromQL expression over a range of time, and [Client.QueryInstant] evaluates it at one time.
// Each returns a [Result] with the series of the answer. [Output.Frame] joins series on time
// into a table, and [Output.Long] lists their points in rows. [Client.StreamQuery] and
// [Client.StreamRange] return answers that are too large for memory piece by piece.
//
// [Client.Metrics], [Client.Labels], [Client.LabelValues] and [Client.Series] list the
// contents of a Prometheus-compatible server. [Client.Hints] suggests why a query found
// nothing.
//
// # Requests
//
// Requests use the endpoint, the token, the connections and the retries of the
// apptuitclient.Client. [WithTimeout] limits their duration. QueryRange, QueryInstant, Labels and
// Series use POST, or GET if the server answers 403, 405 or 501 to POST. Query, Metrics and
// LabelValues always use GET, because their APIs accept no other method.
//
// # Errors
//
// Errors do not contain secrets. Depending on the cause, an error wraps:
//
//   - an *apptuitclient.StatusError, if the server answered with an error status. It contains
//     up to 4 KiB of the server's explanation.
//   - a [*PrometheusError], if the server reported an error with the status 200.
//   - a [*DecodeError], if the answer is malformed or was interrupted. It contains the
//     position. Such a request is not repeated.
//   - [ErrAnswerTooLarge], if the answer exceeds [WithMaxResponseBytes].
//   - the error of the connection or the context, if there was no answer.
//
// # Answers
//
// Answers are decoded while they arrive. By OpenTSDB's rule, a timestamp of up to ten digits
// is in seconds, and a longer one in milliseconds. A value can be a number, null (which
// becomes NaN), one of Prometheus' strings "NaN", "+Inf" and "-Inf", or NaN, Infinity or
// -Infinity without quotes, as Python writes them.
//
// Client.Query drops points outside its range. Unlike apptuit-py, it keeps an output without
// series, whose frame is empty.
package query
