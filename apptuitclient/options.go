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

// Option configures a [Client]. If an option that replaces a value is given several times,
// the last one applies.
type Option interface{ apply(*client.Settings) }

type optionFunc func(*client.Settings)

func (f optionFunc) apply(s *client.Settings) { f(s) }

// Compression is the compression of request bodies.
type Compression uint8

// CompressionGzip is the default, and supported by all servers. CompressionDeflate is the
// zlib format that apptuit-py sends: Apptuit, OpenTSDB 2.4 and VictoriaMetrics 1.136 and 1.151
// accept it, VictoriaMetrics 1.79 and InfluxDB 1.6 answer 400. With CompressionNone the whole
// text of each batch is in memory.
const (
	CompressionGzip Compression = iota
	CompressionDeflate
	CompressionNone
)

// ParseCompression returns the compression with the given name: gzip, deflate or none. It
// ignores case.
func ParseCompression(s string) (Compression, error) {
	e, err := put.ParseEncoding(s)
	return Compression(e), err
}

// String returns the name of the compression, as ParseCompression accepts it.
func (c Compression) String() string { return put.Encoding(c).String() }

// RetryConfig determines whether, when and how long requests are retried that failed for a
// reason that may pass. Its fields are those of OpenTelemetry's OTLP exporters.
type RetryConfig struct {
	// Enabled enables retries. With a spool it has no effect on points: a batch is attempted
	// once, and then spooled.
	Enabled bool
	// InitialInterval is the upper bound of the first delay. The bound doubles with each
	// further delay. Each delay is a random duration up to its bound (full jitter), so that
	// many clients do not return at the same moment. 0 means the default, 1 s.
	InitialInterval time.Duration
	// MaxInterval limits the bound of the delays. 0 means the default: 30 s, or
	// InitialInterval if that is longer.
	MaxInterval time.Duration
	// MaxElapsedTime limits the time from the first attempt at a batch to the start of the
	// last one. 0 means that only the context limits it.
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
// minute for each token. The result is trimmed as with [WithToken].
//
// The function is not called concurrently. Its context ends with the request, and it should
// return then. If it returns an error or panics, the request is retried like one without an
// answer. WithTokenSource overrides APPTUIT_API_TOKEN and APPTUIT_API_TOKEN_FILE.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return optionFunc(func(s *client.Settings) {
		if source == nil {
			s.Fault("WithTokenSource: the function is nil")
		}
		s.GiveTokenSource(source)
	})
}

// WithTokenFile sets a file of at most 64 KiB that contains the API token. The content is
// trimmed as with [WithToken]. The file is read by New, whenever it changes, after a 401,
// and after a 403 at most once per minute. If it cannot be read later, for example while it
// is being replaced, or if reading takes more than two seconds, the last token remains in
// use. WithTokenFile overrides APPTUIT_API_TOKEN_FILE and APPTUIT_API_TOKEN.
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
// default is [DefaultEndpoint]. Points are sent to the path /api/put below it. User
// information, a query or a fragment in the URL is an error of New. So is a URL that ends in
// the path of an API, such as /api/put or /api/query: the error contains the base URL.
// WithEndpoint overrides APPTUIT_ENDPOINT.
func WithEndpoint(endpoint string) Option {
	return optionFunc(func(s *client.Settings) { s.SetEndpoint("WithEndpoint", endpoint) })
}

// WithTags sets global tags, which are added to each point that has no tag with the same
// key. They replace the tags of APPTUIT_TAGS. As in apptuit-py, an empty map does not. An
// exporter that uses the client adds both; WithTags has precedence there.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(s *client.Settings) { s.Points.Tags = tags })
}

// WithoutEnvironmentTags ignores APPTUIT_TAGS and APPTUIT_PY_TAGS.
func WithoutEnvironmentTags() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.Tags = true })
}

// WithoutEnvironment ignores all environment variables listed in the package comment,
// except those for proxies.
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

// WithTagValueRule sets how tag values that the server does not store as they are, are
// rewritten. The default is that of the server's profile ([WithServer]):
// encoding.TagValuesOpenTSDB for OpenTSDB, encoding.TagValuesInfluxDB for InfluxDB, and
// otherwise encoding.TagValuesAny, which changes nothing. Values of all sources are
// rewritten, including those of the labels le and quantile of an exporter. Values that
// become equal make their series equal. WithTagValueRule overrides APPTUIT_TAG_VALUES.
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
// The default is 60 s, as in apptuit-py. The context and RetryConfig.MaxElapsedTime limit
// all attempts together. WithTimeout overrides APPTUIT_TIMEOUT.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if d <= 0 {
			s.Fault("WithTimeout: %v is not positive", d)
		}
		s.Connection.Timeout.Set("WithTimeout", d)
	})
}

// WithRetry configures retries. By default they are enabled, with bounds of the delay from
// 1 s to 30 s, for up to one minute. If a retry would start after the deadline of the
// context, Send returns at once. With a spool the intervals apply to probes of the circuit
// breaker instead. WithRetry overrides APPTUIT_RETRY_MAX_ELAPSED_TIME.
func WithRetry(retry RetryConfig) Option {
	return optionFunc(func(s *client.Settings) {
		if retry.InitialInterval < 0 || retry.MaxInterval < 0 || retry.MaxElapsedTime < 0 {
			s.Fault("WithRetry: durations must not be negative")
		}
		s.SetRetry(client.RetryPolicy(retry))
	})
}

// WithSync makes the server answer only when it has stored the points, or after the given
// time-out: OpenTSDB's parameters sync and sync_timeout. Points that it could not store are
// then reported and can be retried. By default OpenTSDB answers before that. The time-out
// must be at least one millisecond.
func WithSync(timeout time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if timeout < time.Millisecond {
			s.Fault("WithSync: %v is less than a millisecond", timeout)
		}
		s.Connection.Sync = timeout
	})
}

// WithHeaders adds headers to every request. Headers that the client sets itself are an
// error of New: User-Agent, Host, Transfer-Encoding and all that begin with Content-. So is
// Authorization together with an option that sets a token or user id. An Authorization
// header overrides the environment variables for the token and the user id. WithHeaders
// replaces APPTUIT_HEADERS.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return optionFunc(func(s *client.Settings) { s.SetHeaders("WithHeaders", headers) })
}

// WithHTTPClient sets the HTTP client for requests. The client is copied and not modified.
// Its CheckRedirect function is not used; the package comment says which redirects are
// followed. If its transport is configured for TLS below 1.2, New returns an error. By
// default a copy of http.DefaultTransport is used.
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
	// CA is a file with the certificates of the authorities that the server's certificate is
	// verified against. By default those of the system are used.
	CA string
	// Certificate is a file with the certificate of the client, followed by intermediate
	// certificates, if there are any. It needs Key.
	Certificate string
	// Key is a file with the private key of the certificate, without a passphrase.
	Key string
}

// WithTLSFiles sets files with certificates and keys, of at most 2 MiB each. New reads them,
// and returns an error if one of them cannot be used. The client looks at the files before
// each request and reads them again when one of them has changed: when it was overwritten or
// replaced, or when a symbolic link to it points to another file, as in a volume of
// Kubernetes. Connections are then made with the new certificates, and existing connections
// are closed as soon as they are idle. While a file is missing, incomplete, or does not
// belong to the others, the last certificates remain in use, and the warning handler is
// called once per change. A request waits for a changed file for up to two seconds.
//
// The files are used for the server, and for a proxy with the scheme https. They are added to
// the TLS configuration of [WithTLSClientConfig], or of the transport of [WithHTTPClient],
// which is copied. It is an error of New if that configuration has RootCAs, and CA is given;
// if it has Certificates or GetClientCertificate, and Certificate is given; and if the client
// has another type of transport than *http.Transport. WithTLSFiles overrides
// APPTUIT_CERTIFICATE, APPTUIT_CLIENT_CERTIFICATE and APPTUIT_CLIENT_KEY; the last two as a pair.
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
// is 16 MiB. A single point that is larger is sent by itself.
func WithMaxBatchBytes(n int64) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxBatchBytes: %d is not positive", n)
		}
		s.Points.MaxBytes.Set("WithMaxBatchBytes", n)
	})
}

// WithMaxInFlight limits the batches of one Export that are sent concurrently. The default
// is 2. It has no effect on Send, and on an Export in which a series occurs more than once:
// to keep the order of points of one series, these send one batch after the other.
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

// ParseTimestampResolution returns the resolution with the given name: s or ms. It ignores
// case.
func ParseTimestampResolution(name string) (time.Duration, error) {
	return client.ParseResolution(name)
}

// WithEncodedNames treats a metric that contains "{" as an encoded name, as
// encoding.EncodeName and encode_metric of apptuit-py produce it:
//
//	node.cpu{"core": "0", "type": "idle"}
//
// Send and SendTimeSeries send the metric before the brace, with the tags in the name. As
// in apptuit-py's reporter, these override the Tags of the point, which override the global
// tags. A tag with an empty value suppresses the other tags with its key. If a name cannot
// be decoded, its points are rejected with an error that wraps encoding.ErrSyntax or
// encoding.ErrNotScalar.
//
// Decoded names are cached, up to 10,000 names and 8 MiB. Further names are decoded at
// every use, until cached names have been out of use for minutes.
//
// By default braces are sanitized like other characters. There is no environment variable
// for it, because the meaning of a metric's name is a decision of the program. It has no
// effect on exporters: OpenTelemetry has attributes in place of encoded names.
func WithEncodedNames() Option {
	return optionFunc(func(s *client.Settings) { s.Points.EncodedNames = true })
}

// WithWarningHandler sets the function that is called with warnings: a deprecated
// environment variable, a token that is sent without encryption, TLS files that have changed
// and cannot be used, events of the spool, and with package exporter, instruments with many
// series. The default is otel.Handle.
//
// New calls the handler directly. Afterwards it is called on a goroutine of its own, with
// one warning at a time. It may use and close the client. A panic in it is recovered and
// discarded. Close waits up to 100 ms for it to return. While 100 warnings are waiting for
// a handler that does not return, further warnings are discarded.
func WithWarningHandler(handle func(error)) Option {
	return optionFunc(func(s *client.Settings) {
		if handle == nil {
			s.Fault("WithWarningHandler: the function is nil")
			return
		}
		s.Warn = handle
	})
}
