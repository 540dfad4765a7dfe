// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Option configures a [Client]. If an option that sets a value is given several times, the
// last one applies.
type Option interface{ apply(*client.Settings) }

type optionFunc func(*client.Settings)

func (f optionFunc) apply(s *client.Settings) { f(s) }

// Compression is the compression of request bodies.
type Compression uint8

const (
	// CompressionGzip is the default. All servers support it.
	CompressionGzip Compression = iota
	// CompressionDeflate is the zlib format, which apptuit-py sends. Apptuit, OpenTSDB 2.4
	// and VictoriaMetrics 1.136 and 1.151 accept it. VictoriaMetrics 1.79 and InfluxDB 1.6
	// answer 400.
	CompressionDeflate
	// CompressionNone sends plain text. The whole text of a batch is in memory then.
	CompressionNone
)

// ParseCompression returns the compression with the given name: gzip, deflate or none, in
// upper or lower case.
func ParseCompression(s string) (Compression, error) {
	e, err := put.ParseEncoding(s)
	return Compression(e), err
}

// String returns the name of the compression, as ParseCompression accepts it.
func (c Compression) String() string { return put.Encoding(c).String() }

// RetryConfig configures retries of requests that failed for a temporary reason. Its fields
// are those of OpenTelemetry's OTLP exporters.
type RetryConfig struct {
	// Enabled enables retries. It has no effect on points if there is a spool, because each
	// batch is attempted once and then spooled.
	Enabled bool
	// InitialInterval is the upper bound of the first delay. The bound doubles with each
	// further delay. Each delay is a random duration up to its bound (full jitter), so that
	// many clients do not return at the same moment. 0 means the default, 1 s.
	InitialInterval time.Duration
	// MaxInterval is the largest upper bound of a delay. 0 means the default: 30 s, or
	// InitialInterval if that is longer.
	MaxInterval time.Duration
	// MaxElapsedTime limits the time from the first attempt of a batch to the start of its
	// last attempt. 0 means that only the context limits the time.
	MaxElapsedTime time.Duration
}

// WithToken sets the API token. White space, a byte-order mark and zero-width spaces around
// it are removed; quotation marks around it and white space within it are an error of New.
// An empty token has no effect. WithToken overrides APPTUIT_API_TOKEN and
// APPTUIT_API_TOKEN_FILE. Only one of WithToken, WithTokenSource and WithTokenFile can be
// given.
//
// New requires a token for [DefaultEndpoint], and with a user id ([WithUserID]).
func WithToken(token string) Option {
	return optionFunc(func(s *client.Settings) {
		if token == "" {
			return
		}
		s.GiveToken("WithToken", token)
	})
}

// WithTokenSource sets a function that returns the API token. It is called before the first
// request, once for each batch that is answered 401, and after a 403 at most once per
// minute for each token. Its result is trimmed as with [WithToken].
//
// The function is not called concurrently. Its context is canceled when the request ends; the
// function should return then. If it returns an error or panics, the request is retried like
// an unanswered request. WithTokenSource overrides APPTUIT_API_TOKEN and
// APPTUIT_API_TOKEN_FILE.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return optionFunc(func(s *client.Settings) {
		if source == nil {
			s.Fault("WithTokenSource: the function is nil")
		}
		s.GiveTokenSource(source)
	})
}

// WithTokenFile sets a file of at most 64 KiB that contains the API token. The content is
// trimmed as with [WithToken]. New reads the file. The client reads it again when it changes,
// after a 401, and after a 403 at most once per minute. If the file cannot be read then, for
// example while it is being replaced, or if reading takes more than two seconds, the previous
// token remains in use. WithTokenFile overrides APPTUIT_API_TOKEN_FILE and APPTUIT_API_TOKEN.
func WithTokenFile(name string) Option {
	return optionFunc(func(s *client.Settings) {
		s.GiveTokenFile("WithTokenFile", name)
	})
}

// WithUserID selects Basic authentication with this user and the token as password. By
// default the token is sent as a Bearer token. A colon in the user id is an error of New.
// WithUserID overrides APPTUIT_USER_ID.
func WithUserID(user string) Option {
	return optionFunc(func(s *client.Settings) {
		s.SetUser("WithUserID", user)
	})
}

// WithEndpoint sets the base URL of the server, for example http://localhost:4242. The
// default is [DefaultEndpoint]. Points are sent to the path /api/put below the base URL. User
// information, a query or a fragment in the URL is an error of New. A URL that ends in the
// path of an API, such as /api/put or /api/query, is an error as well, which contains the
// correct base URL.
// WithEndpoint overrides APPTUIT_ENDPOINT.
func WithEndpoint(endpoint string) Option {
	return optionFunc(func(s *client.Settings) { s.SetEndpoint("WithEndpoint", endpoint) })
}

// WithTags sets global tags. The client adds them to each point that has no tag with the same
// key. They replace the tags of APPTUIT_TAGS, unless the map is empty, as in apptuit-py. An
// exporter that uses the client adds both the tags of WithTags and those of APPTUIT_TAGS;
// WithTags has precedence.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(s *client.Settings) { s.Points.Tags = tags })
}

// WithoutEnvironmentTags disables the variables APPTUIT_TAGS and APPTUIT_PY_TAGS.
func WithoutEnvironmentTags() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.Tags = true })
}

// WithoutEnvironment disables all environment variables whose names begin with APPTUIT_. The
// variables for proxies, such as HTTPS_PROXY, remain in effect.
func WithoutEnvironment() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.All = true })
}

// WithKnownVariables names environment variables that begin with APPTUIT_ and that the program
// reads itself. By default, New warns about each variable with such a name that no setting
// reads, because it may be misspelt.
func WithKnownVariables(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(s *client.Settings) { s.KnownVariables = append(s.KnownVariables, names...) })
}

// WithSanitizeMode sets how invalid characters in metric names and tag keys are replaced.
// The default is encoding.SanitizePrometheus. WithSanitizeMode overrides
// APPTUIT_SANITIZE_MODE.
func WithSanitizeMode(mode encoding.SanitizeMode) Option {
	return optionFunc(func(s *client.Settings) {
		if mode > encoding.SanitizeNone {
			s.Fault("WithSanitizeMode: unknown mode %d", mode)
		}
		s.Points.Mode.Set("WithSanitizeMode", mode)
	})
}

// WithTagValueRule sets the rule by which tag values are rewritten if the server does not
// store them unchanged. The default is that of the server's profile ([WithServer]):
// encoding.TagValuesOpenTSDB for OpenTSDB, encoding.TagValuesInfluxDB for InfluxDB, and
// otherwise encoding.TagValuesAny, which changes nothing. The rule applies to the tags of all
// sources, including the labels le and quantile of an exporter. If different values become
// equal, their series become one series. WithTagValueRule overrides APPTUIT_TAG_VALUES.
func WithTagValueRule(rule encoding.TagValueRule) Option {
	return optionFunc(func(s *client.Settings) {
		if rule > encoding.TagValuesInfluxDB {
			s.Fault("WithTagValueRule: unknown rule %d", rule)
		}
		s.Points.TagValues.Set("WithTagValueRule", rule)
	})
}

// WithMaxTags limits the number of tags of a point, from 1 to 127. A point with more tags is
// rejected. The default is that of the server's profile ([WithServer]): 8 for OpenTSDB, whose
// limit is tsd.storage.max_tags, and encoding.MaxTags otherwise. WithMaxTags overrides
// APPTUIT_MAX_TAGS.
func WithMaxTags(n int) Option {
	return optionFunc(func(s *client.Settings) {
		if err := client.CheckMaxTags(n); err != nil {
			s.Fault("WithMaxTags: %w", err)
		}
		s.Points.MaxTags.Set("WithMaxTags", n)
	})
}

// WithCompression sets the compression of request bodies. The default is [CompressionGzip].
// A compression that the server does not accept ([WithServer]) is an error of New.
// WithCompression overrides APPTUIT_COMPRESSION.
func WithCompression(compression Compression) Option {
	return optionFunc(func(s *client.Settings) {
		if compression > CompressionNone {
			s.Fault("WithCompression: unknown compression %d", compression)
			return
		}
		s.Points.Compression.Set("WithCompression", put.Encoding(compression))
	})
}

// WithTimeout limits the duration of one request, from its start to the end of the answer.
// The default is 60 s, as in apptuit-py. The total time of all attempts is limited by the
// context and by RetryConfig.MaxElapsedTime. WithTimeout overrides APPTUIT_TIMEOUT.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if d <= 0 {
			s.Fault("WithTimeout: %v is not positive", d)
		}
		s.Connection.Timeout.Set("WithTimeout", d)
	})
}

// WithRetry configures retries. By default, a failed request is retried for up to one minute,
// after random delays whose upper bound grows from 1 s to 30 s. If a retry would start after
// the deadline of the context, Send returns at once. With a spool, the intervals apply to the
// probes of the circuit breaker instead. WithRetry overrides APPTUIT_RETRY_MAX_ELAPSED_TIME.
func WithRetry(retry RetryConfig) Option {
	return optionFunc(func(s *client.Settings) {
		if retry.InitialInterval < 0 || retry.MaxInterval < 0 || retry.MaxElapsedTime < 0 {
			s.Fault("WithRetry: durations must not be negative")
		}
		s.SetRetry(client.RetryPolicy(retry))
	})
}

// WithSync makes OpenTSDB answer only after it has stored the points, or after the given
// timeout (parameters sync and sync_timeout). Points that it could not store are then
// reported in the answer and can be retried. By default, OpenTSDB answers before it stores the
// points. The timeout must be at least one millisecond.
func WithSync(timeout time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if timeout < time.Millisecond {
			s.Fault("WithSync: %v is less than a millisecond", timeout)
		}
		s.Connection.Sync = timeout
	})
}

// WithHeaders adds headers to every request. It replaces APPTUIT_HEADERS. An Authorization
// header overrides the environment variables of the token and the user id.
//
// Headers that the client sets itself are an error of New: User-Agent, Host,
// Transfer-Encoding and all names that begin with Content-. An Authorization header together
// with an option that sets a token or a user id is an error as well.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return optionFunc(func(s *client.Settings) { s.SetHeaders("WithHeaders", headers) })
}

// WithHTTPClient sets the HTTP client for requests. The client is copied and not modified.
// Its Timeout limits each request in addition to [WithTimeout]. Its CheckRedirect function is not
// used; the package comment lists the redirects that are followed. WithHTTPClient overrides the
// environment variables for the proxy and TLS files. The options [WithProxy], [WithTLSFiles] and
// [WithTLSClientConfig] apply to a copy of its transport. New returns an error if the transport
// is configured for TLS below 1.2. By default, requests use a copy of http.DefaultTransport.
func WithHTTPClient(httpClient *http.Client) Option {
	return optionFunc(func(s *client.Settings) {
		if httpClient == nil {
			s.Fault("WithHTTPClient: the client is nil")
		}
		s.Connection.HTTPClient = httpClient
	})
}

// WithTLSClientConfig sets the TLS configuration, which is copied. A MinVersion below TLS
// 1.2 is raised to TLS 1.2. With [WithHTTPClient], it replaces the configuration of the
// client's transport. [WithTLSFiles] adds certificates to it.
func WithTLSClientConfig(cfg *tls.Config) Option {
	return optionFunc(func(s *client.Settings) { s.Connection.TLS = cfg.Clone() })
}

// TLSFiles are the names of files with certificates and keys in PEM format. An empty name
// stands for no file.
type TLSFiles struct {
	// CA is a file with the certificates of the authorities that verify the server's
	// certificate. By default, the system's certificates verify it.
	CA string
	// Certificate is a file with the certificate of the client, followed by intermediate
	// certificates, if there are any. It requires Key.
	Certificate string
	// Key is a file with the private key of the certificate, without a passphrase.
	Key string
}

// WithTLSFiles sets files with certificates and keys, of at most 2 MiB each. New reads the
// files, and returns an error if one of them cannot be used. They apply to connections to the
// server, and to a proxy with the scheme https.
//
// The client checks the files before each request, and reads them again when one of them has
// changed: when it was overwritten or replaced, or when a symbolic link to it points to
// another file, as in a volume of Kubernetes. New connections then use the new certificates,
// and existing connections are closed when they are idle. While a file is missing or
// incomplete, or a certificate does not match its key, the previous certificates remain in
// use, and the warning handler is called once per change. A request waits for a changed file
// for up to two seconds.
//
// The certificates are added to a copy of the TLS configuration of [WithTLSClientConfig], or
// of the transport of [WithHTTPClient]. New returns an error if CA is given and that
// configuration contains RootCAs, if Certificate is given and the configuration contains
// Certificates or GetClientCertificate, or if the transport is not an *http.Transport.
// WithTLSFiles overrides APPTUIT_CERTIFICATE, APPTUIT_CLIENT_CERTIFICATE and
// APPTUIT_CLIENT_KEY; it overrides the last two as a pair.
func WithTLSFiles(files TLSFiles) Option {
	return optionFunc(func(s *client.Settings) {
		s.SetTLSFiles(client.TLSFiles{
			CA:          client.TLSFile{From: "TLSFiles.CA", Name: files.CA},
			Certificate: client.TLSFile{From: "TLSFiles.Certificate", Name: files.Certificate},
			Key:         client.TLSFile{From: "TLSFiles.Key", Name: files.Key},
		})
	})
}

// WithProxy sets the function that returns the proxy for a request, as
// http.Transport.Proxy. The default is http.ProxyFromEnvironment. WithProxy overrides
// APPTUIT_PROXY.
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return optionFunc(func(s *client.Settings) { s.Connection.Proxy = proxy })
}

// WithMaxBatchPoints limits the number of points per request. The default is 50,000 for
// every server.
func WithMaxBatchPoints(n int) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxBatchPoints: %d is not positive", n)
		}
		s.Points.MaxPoints.Set("WithMaxBatchPoints", n)
	})
}

// WithMaxBatchBytes limits the text of a request, in bytes before compression. The default
// is 16 MiB. A single point that exceeds the limit is sent in a request of its own.
func WithMaxBatchBytes(n int64) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxBatchBytes: %d is not positive", n)
		}
		s.Points.MaxBytes.Set("WithMaxBatchBytes", n)
	})
}

// WithMaxInFlight limits the number of batches of one Export that are sent concurrently. The
// default is 2. It has no effect on Send, or on an Export in which a series occurs more than
// once: they send one batch after the other, so that the points of a series keep their order.
func WithMaxInFlight(n int) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxInFlight: %d is not positive", n)
		}
		s.Points.InFlight = n
	})
}

// WithTimestampResolution sets the resolution of timestamps: time.Second or
// time.Millisecond. The default is that of the server's profile ([WithServer]):
// milliseconds for VictoriaMetrics, and seconds otherwise. Milliseconds are an error of New
// for InfluxDB 1.6, which misreads them. WithTimestampResolution overrides
// APPTUIT_TIMESTAMP_RESOLUTION.
func WithTimestampResolution(resolution time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if resolution != time.Second && resolution != time.Millisecond {
			s.Fault("WithTimestampResolution: %v must be %v or %v", resolution, time.Second, time.Millisecond)
			return
		}
		s.Points.Resolution.Set("WithTimestampResolution", resolution)
	})
}

// ParseTimestampResolution returns the resolution with the given name: time.Second for s, and
// time.Millisecond for ms, in upper or lower case.
func ParseTimestampResolution(name string) (time.Duration, error) {
	return client.ParseResolution(name)
}

// WithEncodedNames makes Send and SendTimeSeries decode each metric that contains "{" as an
// encoded name, the format of encoding.EncodeName and of encode_metric in apptuit-py:
//
//	node.cpu{"core": "0", "type": "idle"}
//
// stands for the metric node.cpu with the tags core and type. As in apptuit-py's reporter,
// tags in the name override the Tags of the point, which override the global tags. A tag with
// an empty value suppresses the other tags with its key. If a name cannot be decoded, its
// points are rejected with an error that wraps encoding.ErrSyntax or encoding.ErrNotScalar.
//
// Up to 10,000 decoded names, or 8 MiB, are cached. When the cache is full, a new name is
// decoded at every use, until it can replace a cached name that has not been used for at
// least a minute.
//
// By default, braces are replaced like other invalid characters. There is no environment
// variable for this option, because the program determines the meaning of its metric names.
// The option has no effect on exporters, because OpenTelemetry uses attributes instead.
func WithEncodedNames() Option {
	return optionFunc(func(s *client.Settings) { s.Points.EncodedNames = true })
}

// WithWarningHandler sets the function that receives warnings. They report, for example,
// a deprecated environment variable, a token that is sent without encryption, changed TLS
// files that cannot be used, events of the spool and, with package exporter, instruments with
// many series. The default is otel.Handle.
//
// New calls the handler directly. Later warnings are passed to it one at a time, on
// a separate goroutine. The handler may use and close the client. A panic of the handler is
// recovered and discarded. Close waits up to 100 ms for the handler to return. If the handler
// blocks, up to 100 warnings wait for it, and further ones are discarded.
func WithWarningHandler(handle func(error)) Option {
	return optionFunc(func(s *client.Settings) {
		if handle == nil {
			s.Fault("WithWarningHandler: the function is nil")
			return
		}
		s.Warn = handle
	})
}
