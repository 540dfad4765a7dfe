// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package apptuitclient sends data points to Apptuit, or to any server that implements
// OpenTSDB's put protocol: VictoriaMetrics, InfluxDB 1.6 and OpenTSDB. It does not require
// the OpenTelemetry SDK; for OpenTelemetry metrics use package exporter.
//
//	c, err := apptuitclient.New() // with APPTUIT_API_TOKEN in the environment
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	err = c.Send(ctx, []apptuitclient.DataPoint{{
//		Metric:    "queue.length",
//		Tags:      map[string]string{"queue": "mail"},
//		Timestamp: time.Now(),
//		Value:     42,
//	}})
//
// A [Client] sends POST requests to {endpoint}/api/put?details with compressed JSON. Invalid
// points are rejected one by one and do not affect the others. Requests that fail are
// retried where this may help. Unless all points are accepted or spooled, the error is a
// [*SendError], which accounts for every point.
//
// # Points
//
// Metric names and tag keys are sanitized, which replaces invalid characters (see package
// encoding). Tag values are sent unchanged, unless the server cannot store them (see Servers).
// The tags of a point override the global tags of [WithTags] and APPTUIT_TAGS. A tag with an
// empty value is not sent, and suppresses the global tag with the same key. After that a point
// needs at least one tag, at most as many tags as [WithMaxTags] allows, a timestamp from 1970 to
// 2286 and a finite value. Timestamps are sent in whole seconds, or in milliseconds
// ([WithTimestampResolution]). With [WithEncodedNames] a metric can contain tags, as in
// name{"k": "v"}, which override those of the point.
//
// A request has at most 50,000 points and 16 MiB of text before compression
// ([WithMaxBatchPoints], [WithMaxBatchBytes]). The text is compressed as it is produced; it
// is in memory as a whole only with [CompressionNone].
//
// # Servers
//
// [WithServer] selects the profile of a kind of server. By default it is that of Apptuit for
// [DefaultEndpoint], and that of a generic server otherwise.
//
//	                  tag values      tags  timestamps    differs in
//	ServerApptuit     any               25  seconds
//	ServerOpenTSDB    OpenTSDB's rule    8  seconds       the first batches have 32 KiB of text; the limit
//	                                                      doubles with each batch that passes
//	ServerVictoriaMetrics
//	                  any               25  milliseconds
//	ServerInfluxDB    InfluxDB's rule   25  seconds only  no deflate; partial writes are recognized
//	ServerGeneric     any               25  seconds       the answers of all servers are recognized
//
// The rules are those of encoding.TagValueRule. Tags of a point are rewritten after the tags
// of all sources have been merged; values that become equal make their series equal.
// [WithTagValueRule], [WithMaxTags], [WithTimestampResolution], [WithCompression],
// [WithMaxBatchPoints] and [WithMaxBatchBytes] override the profile.
//
// # Answers
//
// An answer that says nothing about the points rejects no points if there is a spool to
// keep them. An unlisted status is judged by its class (RFC 9110, section 15).
//
//	2xx without a body                      the points are accepted
//	2xx, 400, 422 with success and failed   each point is accepted or rejected as the answer says;
//	                                        points that the server could not store at that moment
//	                                        are retried
//	500 "partial write: … dropped=N"        InfluxDB (ServerInfluxDB, ServerGeneric): N points are
//	                                        rejected, the others accepted
//	400, 422 with a reason                  the points are rejected
//	413, 400 "too large", "too big" (VictoriaMetrics), "Chunked request not supported" (OpenTSDB)
//	                                        the batch is sent in halves, down to single points
//	408, 421, 425, 429, 5xx except 501, 505
//	                                        the request is retried, after the delay of Retry-After if present
//	no answer in time, network errors       the request is retried
//	307, 308 to the same server             the redirect is followed
//	401, 403                                the token source or file is read again, and the request is
//	                                        retried with a new token; otherwise as in the next line
//	other answers: 404, 407, 501, redirects, HTML pages, counts that do not add up
//	                                        the points are spooled; without a spool they are rejected
//	certificates that cannot be verified    the points are spooled; without a spool they are dropped
//
// docs/guarantees.md has the complete table. [WithRetry] configures delays and the total time
// of retries.
//
// A request without an answer may have been carried out; the points are then sent twice,
// with the same series, timestamp and value. OpenTSDB and InfluxDB overwrite such points.
// VictoriaMetrics keeps both, unless it runs with -dedup.minScrapeInterval.
//
// Some servers and proxies do not report that a request is too large: they close the
// connection, or answer 502. If this happens twice in succession to batches of at least 2 KiB
// after compression, the client tries half of the batch, then a quarter, and so on. It limits the
// following batches to the size that was accepted. This limit is at least 16 KiB of text, or 1 KiB
// without compression, and grows by half every five minutes.
//
// A request on a reused connection that the server has just closed is repeated at once. The
// client pings HTTP/2 connections that are silent for 10 s, and closes them if there is no
// answer within 5 s, unless the transport is that of [WithHTTPClient].
//
// # Spool
//
// With [WithSpool] or APPTUIT_SPOOL_DIR, batches that are neither accepted nor rejected are
// written to a folder. Each batch is then attempted once, and up to one second before the
// deadline of the context is reserved for writing to the disk.
//
// A circuit breaker follows the state of the server. After a failed attempt, batches are
// spooled without a request, and one probe is sent per back-off interval: that of WithRetry,
// whether or not retries are enabled, or the delay of Retry-After, up to one hour. When the
// server answers again, spooled batches are replayed in the background, oldest first, with
// at most 10 requests per second. Every fourth probe sends a random batch, so that a batch
// on which the server fails does not block the others.
//
// A batch that fails 8 times, with an internal error of the server or a broken connection,
// while the server accepts other batches is moved to the quarantine, the subfolder
// "quarantine", and counted as dropped.
//
// The warning handler ([WithWarningHandler]) is called when spooling begins, when its reason
// changes (an outage, the credentials, the endpoint or a certificate), when the spool is
// empty again, when the server rejects spooled points, and, at most once per minute, when
// points are dropped at the limits of the spool. It is also called when another client has
// the folder, when that client has ended, when batches of processes that have ended were
// taken over, and when the folder or its lock was removed or replaced by another program.
//
// One client at a time can use a folder. During a rolling update, the client of the new
// process has no spool until that of the old one has ended: it tries to open the folder
// every 5 to 15 seconds, and then delivers what the old process has left. The age of a batch is
// limited once the server has answered an attempt to deliver it from the spool. Until then, a
// batch is not dropped for its age.
//
// A client touches only regular files with names of its own making, follows no symbolic
// link in the folder, and refuses a folder that other users can change (see
// [WithSpoolInsecureFolder]).
//
// Files have mode 0600. They contain names, tags and values, but no token, and are sent to
// the server that is configured when the folder is next opened. If the process is killed
// between the answer of the server and the removal of the file, the batch is sent again.
//
// # Environment
//
// The client reads these variables. Each is listed with the options that override it. White
// space, a byte-order mark and zero-width spaces around a value are removed. An empty variable
// counts as unset. Booleans are yes, true, on and 1, or no, false, off and 0, in any case.
//
//	APPTUIT_ENDPOINT (WithEndpoint)
//	    Base URL of the server, for example http://localhost:4242. Points are sent to the path
//	    /api/put below it.
//	    Value: a URL. Default: https://api.apptuit.ai.
//	APPTUIT_SERVER (WithServer)
//	    Kind of the server. It selects the defaults of APPTUIT_TAG_VALUES, APPTUIT_MAX_TAGS and
//	    APPTUIT_TIMESTAMP_RESOLUTION, and the compressions that are accepted.
//	    Value: apptuit, opentsdb, victoriametrics, influxdb or generic. Default: apptuit for the
//	    default endpoint, otherwise generic.
//	APPTUIT_TAG_VALUES (WithTagValueRule)
//	    Rule by which tag values that the server cannot store are rewritten. The value any changes
//	    nothing.
//	    Value: any, opentsdb or influxdb. Default: opentsdb for OpenTSDB, influxdb for InfluxDB,
//	    otherwise any.
//	APPTUIT_MAX_TAGS (WithMaxTags)
//	    Largest number of tags of a point, from 1 to 127. A point with more tags is rejected.
//	    Value: an integer. Default: 8 for OpenTSDB, otherwise 25.
//	APPTUIT_TIMESTAMP_RESOLUTION (WithTimestampResolution)
//	    Resolution of timestamps. InfluxDB 1.6 misreads ms.
//	    Value: s or ms. Default: ms for VictoriaMetrics, otherwise s.
//	APPTUIT_API_TOKEN (WithToken, WithTokenSource, WithTokenFile)
//	    API token. It is required for the default endpoint, and with APPTUIT_USER_ID.
//	    APPTUIT_API_TOKEN overrides APPTUIT_API_TOKEN_FILE.
//	    Value: text.
//	APPTUIT_API_TOKEN_FILE (WithTokenFile, WithToken, WithTokenSource)
//	    File with the API token, of at most 64 KiB. It is read again when it changes, after a 401,
//	    and after a 403 at most once per minute.
//	    Value: the name of a file.
//	APPTUIT_USER_ID (WithUserID)
//	    User of Basic authentication, with the token as the password. By default the token is sent
//	    as a Bearer token.
//	    Value: text.
//	APPTUIT_HEADERS (WithHeaders)
//	    Headers that are added to every request. Content-*, Host, Transfer-Encoding and User-Agent
//	    are refused. WithHeaders replaces all headers of the variable. If the variable contains
//	    the header Authorization, variables of the token and the user ID are an error, and options
//	    of the token and the user ID override the header.
//	    Value: headers, such as k1=v1,k2=v2, with percent-encoded values.
//	APPTUIT_CERTIFICATE (WithTLSFiles)
//	    PEM file with the certificates that verify the server's certificate. It is read again when
//	    it changes. WithTLSClientConfig and WithHTTPClient also override the variable.
//	    Value: the name of a file. Default: the certificates of the system.
//	APPTUIT_CLIENT_CERTIFICATE (WithTLSFiles)
//	    PEM file with the client's certificate, followed by intermediate certificates. It requires
//	    APPTUIT_CLIENT_KEY, and is read again when it changes. WithTLSClientConfig and
//	    WithHTTPClient also override the variable.
//	    Value: the name of a file.
//	APPTUIT_CLIENT_KEY (WithTLSFiles)
//	    PEM file with the private key of the client's certificate. It requires
//	    APPTUIT_CLIENT_CERTIFICATE, and is read again when it changes. WithTLSClientConfig and
//	    WithHTTPClient also override the variable.
//	    Value: the name of a file.
//	APPTUIT_PROXY (WithProxy)
//	    Proxy for all requests, with the scheme http, https, socks5 or socks5h. The URL may
//	    contain a user and a password. WithHTTPClient also overrides the variable.
//	    Value: a URL. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as in net/http.
//	APPTUIT_TIMEOUT (WithTimeout)
//	    Time limit of one request. In addition, a PeriodicReader limits all requests of an Export
//	    to its own timeout, 30 s by default.
//	    Value: a duration with a unit, such as 30s. Default: 60s.
//	APPTUIT_COMPRESSION (WithCompression)
//	    Compression of request bodies. InfluxDB 1.6 and VictoriaMetrics 1.79 do not accept
//	    deflate; for the server influxdb it is an error.
//	    Value: gzip, deflate or none. Default: gzip.
//	APPTUIT_RETRY_MAX_ELAPSED_TIME (WithRetry)
//	    Time limit for retries of a batch, from its first attempt to the start of its last one.
//	    With 0, only the deadline of the Export limits retries.
//	    Value: a duration with a unit, such as 30s. Default: 60s.
//	APPTUIT_SPOOL_DIR (WithSpool, WithoutSpool)
//	    Folder in which batches that cannot be delivered now are kept until they can. Use an
//	    absolute path, and one folder for each exporter, unless APPTUIT_SPOOL_INSTANCES is set.
//	    Value: the name of a folder.
//	APPTUIT_SPOOL_INSTANCES (WithSpoolInstances)
//	    Lets up to 64 processes or exporters share the folder. The variable applies only to the
//	    folder of APPTUIT_SPOOL_DIR.
//	    Value: yes or no. Default: no.
//	APPTUIT_SPOOL_MAX_BYTES (WithSpoolMaxBytes)
//	    Size limit of the spool's files. When it is reached, the oldest batches are dropped.
//	    Value: a number of bytes, or of KiB, MiB or GiB, such as 512MiB. Default: 512MiB.
//	APPTUIT_SPOOL_MAX_AGE (WithSpoolMaxAge)
//	    Age limit of a spooled batch. An older batch is dropped, but only after the server has
//	    answered an attempt to deliver it.
//	    Value: a duration with a unit, such as 30s. Default: 24h.
//	APPTUIT_SPOOL_INSECURE_DIR (WithSpoolInsecureFolder)
//	    Accepts a folder for the spool that other users can write to, or that belongs to another
//	    user.
//	    Value: yes or no. Default: no.
//	APPTUIT_SANITIZE_MODE (WithSanitizeMode)
//	    How invalid characters in metric names and tag keys are replaced.
//	    Value: prometheus, apptuit or none. Default: prometheus.
//	APPTUIT_TAGS (WithTags, WithoutEnvironmentTags)
//	    Tags of all points. Attributes of data points override them, and they override resource
//	    attributes. A tag with an empty value is omitted, and suppresses the same tag from
//	    lower-priority sources. exporter.WithTags overrides single tags of the variable;
//	    apptuitclient.WithTags replaces the whole variable for points that a program sends itself.
//	    Value: tags, such as k1: v1, k2: v2.
//
// The deprecated variables APPTUIT_PY_TOKEN and APPTUIT_PY_TAGS of apptuit-py are used, with
// a warning, if APPTUIT_API_TOKEN, APPTUIT_API_TOKEN_FILE or APPTUIT_TAGS, respectively, are
// not set. An Authorization header of [WithHeaders] overrides the variables of the token and
// the user id. [WithoutEnvironment] ignores all variables whose names begin with APPTUIT_.
//
// # Concurrency
//
// A Client is safe for concurrent use. Concurrent calls of Send make requests of their own.
//
// # Secrets
//
// Errors and warnings quote text of servers, proxies and token sources. Tokens, the values
// of WithHeaders (including single cookies) and proxy passwords are removed from it, also if
// they are encoded in JSON, HTML or a URL, or in two of these. The client warns once if it
// sends a token over http:// to another host.
package apptuitclient
