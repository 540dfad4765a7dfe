// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuitclient sends points to Apptuit, or to any server that speaks
// OpenTSDB's put protocol (VictoriaMetrics, InfluxDB 1.x, OpenTSDB). It needs no
// OpenTelemetry SDK.
//
// What goes in: [DataPoint] and [TimeSeries]. What comes out: POST requests to
// {endpoint}/api/put?details with compressed JSON. What fails: single points,
// which cost only themselves, and batches, which are retried when that may help;
// a [*SendError] then accounts for every point.
//
// # What is sent
//
// Metric names and tag keys are sanitized (see package encoding), tag values
// are not. A point's own tags beat the global tags; a tag without a value is
// left out, and hides a global one. Then a point needs at least one and at most
// encoding.MaxTags tags, a timestamp from 1970 to 2286 and a finite value.
// Timestamps are whole seconds unless WithMillisecondTimestamps is given. With
// WithEncodedNames a metric may have tags in it, name{"k": "v"}, which beat the
// point's.
//
// Requests have at most 50,000 points and 16 MiB of text before compression.
// The text is never in memory as a whole, except with CompressionNone.
//
// # What an answer means
//
// An answer that says nothing about the points does not cost points if there is a spool
// to keep them. A status is judged by its class (RFC 9110, section 15).
//
//	2xx without a body                      accepted
//	2xx, 400, 422 with success and failed   the server's word on each point; points that it
//	                                        could not store just then are sent again
//	500 "partial write: … dropped=N"        InfluxDB: N points rejected, the others accepted
//	400, 422 with a reason                  rejected
//	413, 400 "too large", "too big", "Chunked request not supported"
//	                                        sent in halves, down to single points
//	408, 421, 425, 429, 5xx but 501, 505    sent again later; Retry-After is honoured
//	no answer in time, network errors       sent again later
//	307, 308 to the same server             followed
//	401, 403                                the token source or file is asked again: after 401 once
//	                                        in a row, after 403 once a minute; then as below
//	any other answer: 404, 407, 501, a redirect, a page, counts that do not add up
//	                                        spooled until it is mended; without a spool rejected
//	certificates that cannot be verified    spooled until it is mended; without a spool dropped
//
// docs/guarantees.md has the whole table.
//
// Some servers and proxies do not say that a request is too large: the connection breaks,
// or a proxy answers 502. After two such failures of a batch of more than 2 KiB, a half is
// tried, then a quarter, and so on. The client remembers the size that has passed and makes
// the following batches no larger. The limit is at least 16 KiB of text, or 1 KiB without
// compression, and grows by half every five minutes.
//
// A request on a connection that the server had closed is made once more at once. HTTP/2
// connections that are silent for 10 s are checked by a ping, and closed if it is not
// answered within 5 s, unless the transport is the user's.
//
// A request without an answer may have been carried out, and its points are
// then sent twice: same series, same timestamp, same value. OpenTSDB and
// InfluxDB overwrite; VictoriaMetrics keeps both, unless it runs with
// -dedup.minScrapeInterval.
//
// # Spool
//
// With WithSpool or APPTUIT_SPOOL_DIR, points that are not delivered and not rejected are
// kept on disk. A batch is then attempted once; up to one second before the deadline is
// reserved for the disk. While the last attempt has failed, batches go to the spool
// without a request, and one probe is sent per back-off interval: that of WithRetry,
// enabled or not, or Retry-After, up to an hour. When the server takes points again, the
// spool is emptied in the background, oldest batch first, with at most 10 requests per
// second. Each fourth probe may be any batch, so that a batch that always fails does not
// keep the others.
//
// The warning handler is told when spooling begins, why, when the reason changes (an
// outage, the credentials, the endpoint or certificate), and when the spool is empty
// again. It also gets points that are rejected from the spool and, at most once a minute,
// points that are dropped at the limits of the spool. A batch that the server answers with
// 500, or whose connection breaks, 8 times while the server takes others is moved to the
// quarantine, the subfolder "quarantine", and counted as dropped.
//
// Files have mode 0600 and hold names, tags and values, never a token. They go to
// whichever server the client is configured for that opens the folder next. A
// process that is killed between the server's answer and the removal of the file
// sends the batch again.
//
// # Environment
//
// An option beats its variable. White space, a byte-order mark and zero-width spaces
// around a value are removed; an empty variable is an unset one.
//
//	APPTUIT_API_TOKEN       the token; none. WithToken, WithTokenSource, WithTokenFile beat it.
//	APPTUIT_API_TOKEN_FILE  a file with the token; none. APPTUIT_API_TOKEN and those options beat it.
//	APPTUIT_USER_ID         Basic authentication as this user; none. WithUserID beats it.
//	APPTUIT_ENDPOINT        base URL; https://api.apptuit.ai. WithEndpoint beats it.
//	APPTUIT_TAGS            global tags, "k1: v1, k2: v2"; none. WithTags replaces them,
//	                        WithoutEnvironmentTags ignores them.
//	APPTUIT_SANITIZE_MODE   prometheus, apptuit or none; prometheus. WithSanitizeMode beats it.
//	APPTUIT_COMPRESSION     gzip, deflate or none; gzip. WithCompression beats it.
//	APPTUIT_TIMEOUT         of one request, "30s" or a number of seconds; 60s. WithTimeout beats it.
//	APPTUIT_SPOOL_DIR       a folder for what cannot be delivered now; none. WithSpool beats it,
//	                        WithoutSpool ignores it. It is opened by exporter.New, or by the
//	                        client's first Send.
//	APPTUIT_SPOOL_INSTANCES a boolean: several clients may share that folder; no.
//	HTTPS_PROXY, HTTP_PROXY, NO_PROXY
//	                        as in net/http. WithProxy beats them.
//
// APPTUIT_PY_TOKEN and APPTUIT_PY_TAGS are read where APPTUIT_API_TOKEN and
// APPTUIT_TAGS are not set, with a warning: they are deprecated. An Authorization
// header of WithHeaders beats token and user id. WithoutEnvironment ignores all
// APPTUIT_ variables.
//
// # Secrets
//
// Tokens, values of WithHeaders (cookies one by one) and proxy passwords are removed from
// all text of servers, proxies and token sources that an error or warning shows, also if
// they are encoded in it: as JSON, HTML, in a URL, or by two of these. A token over http://
// to another host than this one is allowed, and warned about once.
package apptuitclient
