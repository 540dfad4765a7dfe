// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuittest provides an Apptuit server for tests and demos. Like the servers of net/http/httptest, it runs in
// the program under test. It implements Apptuit's put API, which is OpenTSDB's, and the part of the query API that reads
// stored points. With a [Profile], it answers puts like OpenTSDB, VictoriaMetrics or InfluxDB.
//
// [NewServer] listens on a loopback port. [NewMemoryServer] uses pipes instead of sockets, so that it works in
// a testing/synctest bubble with its fake clock. [NewHandler] returns the http.Handler of both, for use with another
// server, such as that of httptest.NewTLSServer.
//
//	srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
//	defer srv.Close()
//	send(srv.URL, "secret")
//	for _, p := range srv.Points() {
//		fmt.Println(p) // cpu{host=web1} 1700000000 1.5
//	}
//
// # Requests
//
// The server accepts POST requests to /api/put. The body is a JSON object with the members metric, tags, timestamp and
// value, or an array of such objects. It is plain, or has the Content-Encoding gzip or deflate (zlib, RFC 9110, section
// 8.4.1.2). As in OpenTSDB, the URL can have the parameters details, summary, sync and sync_timeout (in milliseconds).
//
// A point is accepted when:
//   - its metric and tag keys are not empty, and consist of Unicode letters, ASCII digits and - _ . / only;
//   - it has 1 to 25 tags with different keys; values are not empty, and may have any characters;
//   - its timestamp is a positive integer of at most 10 digits (seconds) or 11 to 13 (milliseconds);
//   - its value is a finite number; a value without fraction and exponent fits into an int64.
//
// Numbers may be quoted, as OpenTSDB allows. An invalid point is rejected; the other points of the request are stored.
//
// A malformed body is rejected as a whole, and none of its points is stored. A body is malformed if it contains invalid
// JSON, a bare NaN or Infinity, bytes that are not UTF-8, an unknown field, a metric or a tag value that is not a string,
// data after the end, or a corrupt or truncated compressed stream. OpenTSDB accepts numbers as tag values and a bare NaN;
// other servers with the protocol reject such bodies, as this server does.
//
// # Answers
//
//   - 204 if every point is accepted; with details or summary, 200 and {"success":n,"failed":0,"errors":[]};
//   - 400 if a point is rejected; with details, the same object, whose errors contain each rejected point and the reason.
//     As in OpenTSDB, the value of such a point is a string;
//   - OpenTSDB's error object, {"error":{"code":n,"message":"…"}}, in all other cases: 400 for a malformed body or query,
//     401 for a wrong token, 404 for another path, 405 for another method, 413 for a body that exceeds the limit.
//
// The reasons of rejections have the wording of OpenTSDB.
//
// [Handler.Points] returns the accepted points in order of arrival, with the exact text of their numbers.
// [Handler.Requests] returns the requests.
//
// # Queries
//
// The server answers GET /api/query?start=S&end=E&q=QUERY from the points that [Handler.Points] returns. S and E are in
// seconds since 1970 and inclusive; E is optional. QUERY consists of statements that are separated by semicolons. Strings
// are in single or double quotes, and white space is optional:
//
//	fetch('cpu')                              one output with every series of the metric
//	fetch('cpu').downsample('1m', 'avg')      one point per minute; also s, h, d and sum, min, max, count
//	a = fetch('cpu'); b = fetch('mem');
//	output(a, b)                              the outputs a and b, in this order
//
// Outputs are in the order of the statements. Outputs without a name have the ids out0, out1 and so on. The output for
// a metric without points contains no series. Apptuit's query language supports more than this subset. The server answers
// 400 to all other queries, for example with tag filters, arithmetic, a second downsample, a name that is assigned twice,
// or assignments without an output. The message names the unsupported part, and its position in characters from 1.
//
// Series are sorted by their tags, and points by time. Timestamps in milliseconds are truncated to seconds. If a series
// has several points within one second, the query returns the point that was received last. Values keep their exact text,
// except quoted values that are not JSON numbers, such as "+1". A downsampled value is computed as a float64 from the
// points of an interval that are in the range of the query. It is null if it is not finite. Its timestamp is the
// beginning of the interval, a multiple of the interval's length since 1970, which can be before S.
//
// # Profiles
//
// [WithProfile] makes the server imitate another one in the respects below. In all other respects, it behaves as
// described above. Tests in integration/opentsdb and integration/e2e compare each of these respects with the real server.
//
// OpenTSDB 2.4.1:
//   - tag values may contain the same characters as tag keys only. In metrics, tag keys and tag values, letters must
//     belong to Unicode's Basic Multilingual Plane;
//   - a point has 8 tags at most;
//   - a body of more than 8,192 bytes before decompression, or without a Content-Length, is rejected as a whole: 400 and
//     a page with "Chunked request not supported.";
//   - if a series gets two values at one time, the second value overwrites the first if they have the same encoding:
//     both are floats, or integers of the same length (1, 2, 4 or 8 bytes), and both timestamps have the same unit.
//     Otherwise both values are stored, and a query that reads them is answered with 400 and "Duplicate timestamp",
//     unless they are the same number.
//
// VictoriaMetrics 1.151:
//   - every body that is valid JSON is answered with 204, without details;
//   - metrics and tag keys may have any characters, and points may have no tags; tags with an empty value are removed;
//   - points without a metric, with an invalid timestamp or value, or with more than 39 tags are dropped silently, and so
//     are points that a fault with Reject rejects;
//   - a malformed body, and a body that exceeds [WithMaxBodyBytes], is answered with 400 and a text;
//   - all values of a series at one time are kept.
//
// InfluxDB 1.6:
//   - puts are answered with 204, without details;
//   - metrics and tag keys may have any characters, and points may have no tags; tags with an empty value are removed;
//   - a body in which a timestamp or value is not a JSON number (a quoted number, a Boolean) or is too large is rejected
//     as a whole with 400;
//   - points without a metric or with an invalid timestamp are dropped silently;
//   - points with the tag key "time", and points that a fault with Reject rejects, are not stored; the answer is 500 and
//     "partial write: REASON dropped=N";
//   - a backslash at the end of a tag value makes the next tag, in the order of the keys, a part of the value;
//   - the Content-Encoding deflate is answered with 400.
//
// Profiles do not imitate:
//   - the query APIs of these servers. Queries are always Apptuit's, in seconds, and any path other than /api/put and
//     /api/query is answered with 404;
//   - the precision of values. Points returns the exact text, whereas VictoriaMetrics keeps 12 to 13 digits and InfluxDB
//     a float64;
//   - bodies that a client must not send. A malformed body is always rejected as described under Requests, although
//     OpenTSDB and VictoriaMetrics accept some malformed bodies, or drop only the affected point. A point with a null
//     value, or with a timestamp that is not positive, is never stored, although VictoriaMetrics replaces and InfluxDB
//     stores such timestamps;
//   - the Content-Encoding zstd, which VictoriaMetrics accepts;
//   - configurations other than the default: OpenTSDB's tsd.core.tag.allow_specialchars, tsd.storage.max_tags,
//     tsd.http.request.enable_chunked and tsd.core.auto_create_metrics, VictoriaMetrics' limits and -dedup flags,
//     InfluxDB's limits and retention;
//   - faults of the storage, such as timeouts of sync, throttling, and points that are acknowledged and lost. Use
//     a [Fault] for these;
//   - the limits for old and future points of VictoriaMetrics and InfluxDB, which drop points beyond them;
//   - timestamps that servers misread: milliseconds with InfluxDB 1.6, and seconds from 4294967296 on with OpenTSDB,
//     which reads them as milliseconds.
//
// # Faults
//
// [Handler.Fail] queues faults. Each request takes the next fault from the queue, regardless of its path and token:
//
//	srv.Fail(
//		apptuittest.Fault{Status: 503, Times: 3},
//		apptuittest.TooManyRequests("2"),
//		apptuittest.Fault{Reset: true, Apply: true}, // stored, but the sender cannot know
//	)
//
// All methods are safe for concurrent use.
package apptuittest
