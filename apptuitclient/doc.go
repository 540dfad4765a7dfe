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
// The text is never in memory as a whole, except with NoCompression.
//
// # What an answer means
//
//	200, 204 without a body                 accepted
//	200, 400 with success and failed        what the server says of each point; those that it
//	                                        could not store just then are sent again
//	200 with anything else                  refused: not an ingest endpoint
//	307, 308 to the same server             followed
//	any other redirect                      refused; the error names where it leads
//	401                                     a new token is asked for, once in a row, then refused
//	413, 400 "Chunked request not supported"
//	                                        sent in halves, down to single points
//	408, 429, 500, 502, 503, 504            sent again later; Retry-After is honoured
//	no answer in time, network errors       sent again later
//	certificates that cannot be verified    given up
//	anything else                           refused
//
// A request without an answer may have been carried out, and its points are
// then sent twice: same series, same timestamp, same value. OpenTSDB and
// InfluxDB overwrite; VictoriaMetrics keeps both, unless it runs with
// -dedup.minScrapeInterval.
//
// # Spool
//
// With WithSpool or APPTUIT_SPOOL_DIR what cannot be delivered for a reason that
// may pass (a status of the list above that is sent again later, no answer, 401,
// 403, a context that ends) is kept on disk. A batch then gets one attempt, of
// which a second of the time to the deadline is left for the disk. While the last
// attempt has failed, batches go to the spool without a request, but for one
// probe a back-off: the one of WithRetry, enabled or not, or Retry-After, of which
// an hour counts. In the background the spool is emptied, oldest first (but for
// some of the probes, lest a batch that fails for ever keeps the others), at most
// 10 requests a second. What the server refuses then is reported to the warning
// handler, as are the beginning and the end of spooling, and at most once a minute
// what is lost to the spool's bounds. A batch that fails 8 times while the server
// takes others is set aside: it is counted as dropped, and its file is kept in the
// folder's "aside".
//
// Files have mode 0600 and hold names, tags and values, never a token. They go to
// whichever server the client is configured for that opens the folder next. A
// process that is killed between the server's answer and the removal of the file
// sends the batch again.
//
// # Environment
//
// An option beats its variable; an empty variable is an unset one.
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
// Tokens, values of WithHeaders and proxy passwords are taken out of every error
// and warning, also where a server quotes them. A token over http:// to another
// host than this one is allowed, and warned about once.
package apptuitclient
