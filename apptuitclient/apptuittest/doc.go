// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuittest is a server for tests and demos: it speaks Apptuit's put API, which is OpenTSDB's, and as much of
// its query API as reads back what was put, within the program that sends to it, much as net/http/httptest does for
// HTTP at large.
//
// [NewServer] listens on a loopback port. [NewMemoryServer] has no socket: its connections are pipes, so that it works
// inside a testing/synctest bubble, in simulated time. [NewHandler] is the http.Handler within both, for a server of
// your own, such as httptest.NewTLSServer.
//
//	srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
//	defer srv.Close()
//	send(srv.URL, "secret")
//	for _, p := range srv.Points() {
//		fmt.Println(p) // cpu{host=web1} 1700000000 1.5
//	}
//
// # What goes in
//
// POST /api/put with a JSON object or an array of them, each with metric, tags, timestamp and value; plain or with the
// Content-Encoding gzip or deflate (zlib, RFC 9110 section 8.4.1.2). The query flags details, summary, sync and
// sync_timeout (milliseconds) are OpenTSDB's.
//
// A point is accepted when:
//   - its metric and tag keys are of Unicode letters, ASCII digits and - _ . / only, and not empty;
//   - it has 1 to 25 tags, their values not empty, of any characters, and no key twice;
//   - its timestamp is a positive integer of at most 10 digits (seconds) or 11 to 13 (milliseconds);
//   - its value is a finite number; one written as an integer fits into an int64.
//
// Numbers may be quoted, as OpenTSDB allows. A point that breaks a rule costs itself only.
//
// A body that is no such JSON is refused whole and nothing of it is stored: broken syntax, a bare NaN or Infinity,
// bytes that are not UTF-8, an unknown field, a metric or a tag value that is not a string, data after the end, a
// corrupt or unfinished compressed stream. On numbers as tag values and on bare NaN OpenTSDB is laxer; other servers
// of the protocol refuse the body as this one does.
//
// # What comes out
//
//   - 204, or with details or summary 200 and {"success":n,"failed":0,"errors":[]}, when every point is accepted;
//   - 400 when any was not: with details the same object, each bad point in errors, its value quoted as OpenTSDB does;
//   - otherwise OpenTSDB's error object, {"error":{"code":n,"message":"…"}}: 400 for a bad body or query, 401 for a wrong
//     token, 404 for another path, 405 for another method, 413 for a body beyond the limit.
//
// The accepted points, in order of arrival and with their exact number text, are at [Handler.Points]; every request,
// refused or not, at [Handler.Requests].
//
// # Queries
//
// GET /api/query?start=S&end=E&q=QUERY answers from the points that [Handler.Points] returns, those taken or beyond
// [WithMaxPoints] not among them. S and E are whole Unix seconds, both of the range; without end it is open. QUERY is one
// or more statements, with ; between them, white space where one likes, and strings in single or double quotes:
//
//	fetch('cpu')                              one output, of every series of the metric
//	fetch('cpu').downsample('1m', 'avg')      a point a minute; also s, h, d and sum, min, max, count
//	a = fetch('cpu'); b = fetch('mem');
//	output(a, b)                              the outputs a and b, in this order
//
// Outputs come in the order of the statements. Those without a name have the ids out0, out1 and so on. A metric without
// points is an output without series. Anything else, such as tag filters, arithmetic, a second downsample, a name twice
// or assignments without an output, is answered with a 400 whose message says what is not supported and at which
// character, counted from 1: a query that passes here is plain, not proved to be all that Apptuit takes.
//
// Series are in the order of their tags, their points ascend in time. Timestamps in milliseconds are cut to seconds; of
// several points of a series within one second the last received wins. Values keep their exact text, except quoted ones
// that are no JSON numbers, such as "+1". A downsampled value is computed as a float64, null if beyond its range, from
// the points of one interval that are in the range of the query, and stands at the beginning of the interval, a multiple
// of its length since 1970, which may be before S.
//
// # Faults
//
// [Handler.Fail] queues faults; each following request meets the next one, whatever its path and before its token is
// looked at:
//
//	srv.Fail(
//		apptuittest.Fault{Status: 503, Times: 3},
//		apptuittest.TooManyRequests("2"),
//		apptuittest.Fault{Reset: true, Apply: true}, // stored, but the sender cannot know
//	)
//
// All methods are safe for concurrent use.
package apptuittest
