// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuittest provides an Apptuit server for tests and demos. It runs in the program under test, as the servers
// of net/http/httptest do. It implements Apptuit's put API, which is that of OpenTSDB, and the part of the query API that
// is needed to read the points back. With a [Profile] it answers puts as OpenTSDB, VictoriaMetrics or InfluxDB do.
//
// [NewServer] listens on a loopback port. [NewMemoryServer] uses pipes instead of sockets, and so works inside a
// testing/synctest bubble, with its fake clock. [NewHandler] returns the http.Handler of both, to be used with another
// server, such as httptest.NewTLSServer.
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
// POST /api/put with a JSON object or an array of them, each with metric, tags, timestamp and value; plain or with the
// Content-Encoding gzip or deflate (zlib, RFC 9110 section 8.4.1.2). The query flags details, summary, sync and
// sync_timeout (milliseconds) are OpenTSDB's.
//
// A point is accepted when:
//   - its metric and tag keys are not empty, and consist of Unicode letters, ASCII digits and - _ . / only;
//   - it has 1 to 25 tags with different keys; values are not empty, and may have any characters;
//   - its timestamp is a positive integer of at most 10 digits (seconds) or 11 to 13 (milliseconds);
//   - its value is a finite number; a value without fraction and exponent fits into an int64.
//
// Numbers may be quoted, as OpenTSDB allows. An invalid point is rejected; the others of the request are stored.
//
// A malformed body is rejected as a whole, and no point of it is stored: invalid JSON, a bare NaN or Infinity, bytes
// that are not UTF-8, an unknown field, a metric or a tag value that is not a string, data after the end, a corrupt or
// truncated compressed stream. OpenTSDB accepts numbers as tag values and a bare NaN; the other servers of the
// protocol reject the body, as this one does.
//
// # Answers
//
//   - 204 if every point is accepted; with details or summary, 200 and {"success":n,"failed":0,"errors":[]};
//   - 400 if a point is rejected; with details, the same object with each rejected point in errors, its value as a string,
//     as in OpenTSDB;
//   - OpenTSDB's error object, {"error":{"code":n,"message":"…"}}, in all other cases: 400 for a malformed body or query,
//     401 for a wrong token, 404 for another path, 405 for another method, 413 for a body that exceeds the limit.
//
// The words in which a point is rejected are OpenTSDB's.
//
// [Handler.Points] returns the accepted points in order of arrival, with the exact text of their numbers.
// [Handler.Requests] returns all requests.
//
// # Queries
//
// GET /api/query?start=S&end=E&q=QUERY is answered from the points that [Handler.Points] returns. S and E are Unix
// seconds, both inclusive; E is optional. QUERY consists of statements that are separated by ;, with strings in single
// or double quotes and optional white space:
//
//	fetch('cpu')                              one output with every series of the metric
//	fetch('cpu').downsample('1m', 'avg')      one point per minute; also s, h, d and sum, min, max, count
//	a = fetch('cpu'); b = fetch('mem');
//	output(a, b)                              the outputs a and b, in this order
//
// Outputs are in the order of the statements. Outputs without a name have the ids out0, out1 and so on. The output of a
// metric without points has no series. Anything else, such as tag filters, arithmetic, a second downsample, a name that
// is used twice or assignments without an output, is answered with 400; the message says what is not supported and
// at which character, counted from 1. Apptuit's own language has more than this subset.
//
// Series are sorted by their tags, and points by time. Timestamps in milliseconds are truncated to seconds; if a series
// has several points within one second, the last one received is returned. Values keep their exact text, except quoted
// values that are not JSON numbers, such as "+1". A downsampled value is computed as a float64 from the points of one
// interval within the range of the query, and is null if it is not finite. Its timestamp is the beginning of the
// interval, which is a multiple of the interval's length since 1970, and can be before S.
//
// # Profiles
//
// [WithProfile] selects another server. Each behaviour below is compared with that of the real server by the tests in
// integration/opentsdb and integration/e2e. All else is as described above.
//
// OpenTSDB 2.4.1:
//   - tag values consist of the characters of tag keys; of letters, only those of Unicode's Basic Multilingual Plane are
//     allowed, also in metrics and tag keys;
//   - 8 tags at most;
//   - a body of more than 8,192 bytes, as it is sent, or without a Content-Length is rejected as a whole: 400 and a page
//     with "Chunked request not supported.";
//   - of two values of a series at one time, the later one overwrites the earlier one if both have the same encoding:
//     integers of the same length (1, 2, 4 or 8 bytes), or floats, and a timestamp in the same unit. Otherwise a query
//     that reads both is answered with 400 and "Duplicate timestamp", unless both are the same number.
//
// VictoriaMetrics 1.151:
//   - every body that is valid JSON is answered with 204, without details;
//   - metrics and tag keys may have any characters, and points may have no tags; tags with an empty value are removed;
//   - points without a metric, or with an invalid timestamp or value, or with more than 39 tags are dropped silently, and
//     so are those that a fault with Reject rejects;
//   - a malformed body, and one of more bytes than WithMaxBodyBytes, is answered with 400 and a text;
//   - of several values of a series at one time, all are kept.
//
// InfluxDB 1.6:
//   - puts are answered with 204, without details;
//   - metrics and tag keys may have any characters, and points may have no tags; tags with an empty value are removed;
//   - a body with a number of another JSON type is rejected as a whole with 400: a quoted number, a Boolean, a number that
//     is too large;
//   - points without a metric or with an invalid timestamp are dropped silently;
//   - points with the tag key "time", and those that a fault with Reject rejects, are not stored; the answer is 500 and
//     "partial write: REASON dropped=N";
//   - a backslash at the end of a tag value makes the next tag, in the order of the keys, a part of the value;
//   - the Content-Encoding deflate is answered with 400.
//
// Profiles do not judge:
//   - the query API of these servers: queries are always Apptuit's, in seconds, and any path other than /api/put and
//     /api/query is answered with 404;
//   - how many digits of a value are kept. Points keeps the exact text, whereas VictoriaMetrics keeps 12 to 13 digits and
//     InfluxDB a float64;
//   - bodies that a client must not send: a malformed body is always rejected as described under Requests, although
//     OpenTSDB and VictoriaMetrics accept some of these, or drop a point of them only. The same holds for a null value,
//     and for timestamps that are not positive, which VictoriaMetrics replaces and InfluxDB stores;
//   - the Content-Encoding zstd, which VictoriaMetrics accepts;
//   - configurations other than the default: OpenTSDB's tsd.core.tag.allow_specialchars, tsd.storage.max_tags,
//     tsd.http.request.enable_chunked and tsd.core.auto_create_metrics, VictoriaMetrics' limits and -dedup flags,
//     InfluxDB's limits and retention;
//   - the storage: time-outs of sync, throttling, points that are acknowledged and lost. A fault can play these;
//   - points in the future or the past, which VictoriaMetrics and InfluxDB drop beyond their limits; timestamps in
//     milliseconds, which InfluxDB 1.6 misreads; seconds from 4294967296 on, which OpenTSDB reads as milliseconds.
//
// # Faults
//
// [Handler.Fail] queues faults. Each request takes the next fault from the queue, whatever its path and its token:
//
//	srv.Fail(
//		apptuittest.Fault{Status: 503, Times: 3},
//		apptuittest.TooManyRequests("2"),
//		apptuittest.Fault{Reset: true, Apply: true}, // stored, but the sender cannot know
//	)
//
// All methods are safe for concurrent use.
package apptuittest
