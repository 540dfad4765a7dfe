// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Option configures a [Client].
type Option interface{ apply(*client.Settings) }

type optionFunc func(*client.Settings)

func (f optionFunc) apply(s *client.Settings) { f(s) }

// Compression is how the bodies of requests are compressed.
type Compression uint8

// The compressions. Gzip is the default and what every server understands.
// Deflate is the zlib format, as apptuit-py sends it: Apptuit takes it,
// VictoriaMetrics and InfluxDB answer 400 to it. With CompressionNone the text of
// one batch at a time is in memory.
const (
	CompressionGzip Compression = iota
	CompressionDeflate
	CompressionNone
)

// ParseCompression returns the compression of a name: gzip, deflate or none,
// in any case.
func ParseCompression(s string) (Compression, error) {
	e, err := put.ParseEncoding(s)
	return Compression(e), err
}

// String returns the compression's name.
func (c Compression) String() string { return put.Encoding(c).String() }

// RetryConfig says whether and how long a batch is tried again that could not
// be delivered for a reason that may pass. It has the shape that OpenTelemetry's
// OTLP exporters have.
type RetryConfig struct {
	// Enabled switches retries on.
	Enabled bool
	// InitialInterval bounds the first wait; each following bound is twice the
	// one before. The wait is a random part of its bound (full jitter), so that
	// many clients do not come back at once. 0 means the default, 1 s.
	InitialInterval time.Duration
	// MaxInterval is the largest bound. 0 means the default, 30 s.
	MaxInterval time.Duration
	// MaxElapsedTime bounds the time from the first attempt at a batch to the
	// start of the last one. 0 means that only the context bounds it.
	MaxElapsedTime time.Duration
}

// WithToken sets the API token. White space, a byte-order mark and zero-width spaces
// around it are removed; quotation marks around it, or white space within, are an error.
// It beats APPTUIT_API_TOKEN and APPTUIT_API_TOKEN_FILE. An empty token is none. At most
// one of WithToken, WithTokenSource and WithTokenFile can be given.
func WithToken(token string) Option {
	return optionFunc(func(s *client.Settings) {
		if token == "" {
			return
		}
		s.GiveToken("WithToken", token)
	})
}

// WithTokenSource sets a function that is asked for the API token when the first
// request is made, again once when the server answers 401, and at most once a minute for
// one token when the server answers 403. The token is trimmed as that of WithToken. The
// function is called by one goroutine at a time, with a context that ends with the
// request; it should honour the context. If it fails, the request is retried like one
// that was not answered.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return optionFunc(func(s *client.Settings) {
		if source == nil {
			s.Fault("WithTokenSource: the function is nil")
		}
		s.GiveTokenSource(source)
	})
}

// WithTokenFile sets a file of at most 64 KiB that holds the API token, which is trimmed
// as that of WithToken. It is read by New, again when it changes, after a 401, and after
// a 403 at most once a minute. If it cannot be read later, for example while it is being
// replaced, the last token stays in force; so it does if the disk does not answer within
// two seconds. It beats APPTUIT_API_TOKEN_FILE and APPTUIT_API_TOKEN.
func WithTokenFile(name string) Option {
	return optionFunc(func(s *client.Settings) {
		s.GiveTokenFile("WithTokenFile", name)
	})
}

// WithUserID authorizes with Basic authentication: this user, with the token as
// the password. It beats APPTUIT_USER_ID.
func WithUserID(user string) Option {
	return optionFunc(func(s *client.Settings) {
		s.SetUser("WithUserID", user)
	})
}

// WithEndpoint sets the base URL of the server, by default
// https://api.apptuit.ai. Points go to /api/put below it. It beats
// APPTUIT_ENDPOINT. User information, a query or a fragment in it is an error.
func WithEndpoint(endpoint string) Option {
	return optionFunc(func(s *client.Settings) { s.SetEndpoint("WithEndpoint", endpoint) })
}

// WithTags sets global tags: they are added to every point that has no tag of
// the same key. They replace those of APPTUIT_TAGS; an empty map leaves those
// in force (as apptuit-py has it). An exporter that uses the client layers both.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(s *client.Settings) { s.Points.Tags = tags })
}

// WithoutEnvironmentTags ignores APPTUIT_TAGS and APPTUIT_PY_TAGS.
func WithoutEnvironmentTags() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.Tags = true })
}

// WithoutEnvironment ignores every variable of the package comment, but for
// those of proxies.
func WithoutEnvironment() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.All = true })
}

// WithSanitizeMode says how names and tag keys are made valid, by default
// encoding.SanitizePrometheus. It beats APPTUIT_SANITIZE_MODE.
func WithSanitizeMode(mode encoding.SanitizeMode) Option {
	return optionFunc(func(s *client.Settings) {
		if mode > encoding.SanitizeNone {
			s.Fault("WithSanitizeMode: unknown mode %d", mode)
		}
		s.Points.Mode.Set(mode)
	})
}

// WithCompression sets the compression of requests, by default gzip. It beats
// APPTUIT_COMPRESSION.
func WithCompression(compression Compression) Option {
	return optionFunc(func(s *client.Settings) {
		if compression > CompressionNone {
			s.Fault("WithCompression: unknown compression %d", compression)
		}
		s.Points.Compression.Set(put.Encoding(compression))
	})
}

// WithTimeout bounds one request, from its start to the end of the answer; by
// default 60 s, as in apptuit-py. It beats APPTUIT_TIMEOUT. What bounds all
// attempts together is the context and RetryConfig.MaxElapsedTime.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if d <= 0 {
			s.Fault("WithTimeout: %v is not positive", d)
		}
		s.Connection.Timeout = d
	})
}

// WithRetry sets how batches are retried: by default enabled, with waits from
// 1 s to 30 s, for 1 minute. A retry that could not start before the context's
// deadline is not waited for.
func WithRetry(retry RetryConfig) Option {
	return optionFunc(func(s *client.Settings) {
		if retry.InitialInterval < 0 || retry.MaxInterval < 0 || retry.MaxElapsedTime < 0 {
			s.Fault("WithRetry: negative durations")
		}
		s.Retry = client.RetryPolicy(retry)
	})
}

// WithSync asks the server to answer when the points are stored (OpenTSDB's
// sync and sync_timeout, in milliseconds on the wire), so that storage errors
// of single points are reported and can be retried.
func WithSync(timeout time.Duration) Option {
	return optionFunc(func(s *client.Settings) {
		if timeout < time.Millisecond {
			s.Fault("WithSync: %v is less than a millisecond", timeout)
		}
		s.Connection.Sync = timeout
	})
}

// WithHeaders adds headers to every request. Those that the client sets itself
// (Content-*, Host, Transfer-Encoding, User-Agent, and Authorization if a token or user id is given) are
// refused. An Authorization header beats the token of the environment.
func WithHeaders(headers map[string]string) Option {
	headers = maps.Clone(headers)
	return optionFunc(func(s *client.Settings) { s.Connection.Headers = headers })
}

// WithHTTPClient sets the HTTP client to use. It is copied, never changed. Its
// CheckRedirect is not used: see the package comment for redirects. A transport
// whose configuration allows TLS below 1.2 is an error of New.
func WithHTTPClient(httpClient *http.Client) Option {
	return optionFunc(func(s *client.Settings) {
		if httpClient == nil {
			s.Fault("WithHTTPClient: the client is nil")
		}
		s.Connection.HTTPClient = httpClient
	})
}

// WithTLSClientConfig sets the TLS configuration. It is copied. TLS below 1.2 is
// refused.
func WithTLSClientConfig(cfg *tls.Config) Option {
	return optionFunc(func(s *client.Settings) { s.Connection.TLS = cfg.Clone() })
}

// WithProxy sets the function that chooses a request's proxy, by default
// http.ProxyFromEnvironment.
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return optionFunc(func(s *client.Settings) { s.Connection.Proxy = proxy })
}

// WithMaxBatchPoints bounds the points of one request, by default 50,000.
func WithMaxBatchPoints(n int) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxBatchPoints: %d is not positive", n)
		}
		s.Points.Batch.Points = n
	})
}

// WithMaxBatchBytes bounds the text of one request before compression, in
// bytes, by default 16 MiB. A single point that is larger is sent by itself.
func WithMaxBatchBytes(n int64) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxBatchBytes: %d is not positive", n)
		}
		s.Points.Batch.Bytes = n
	})
}

// WithMaxInFlight bounds the batches of one Export that are on their way at once,
// by default 2. While they are, the next one is made. Two batches with points of
// one series never are: Exports of such data, and Sends, send one batch after the
// other.
func WithMaxInFlight(n int) Option {
	return optionFunc(func(s *client.Settings) {
		if n < 1 {
			s.Fault("WithMaxInFlight: %d is not positive", n)
		}
		s.Points.InFlight = n
	})
}

// WithMillisecondTimestamps sends timestamps in milliseconds instead of
// seconds. Not for InfluxDB 1.x, which misreads them.
func WithMillisecondTimestamps() Option {
	return optionFunc(func(s *client.Settings) { s.Points.Milliseconds = true })
}

// WithEncodedNames takes a metric with a "{" in it for an encoded name, as
// encoding.EncodeName and encode_metric of apptuit-py write it:
//
//	node.cpu{"core": "0", "type": "idle"}
//
// Send and SendTimeSeries send the metric before the brace, with the tags of the
// name. They beat the point's Tags, as apptuit-py's reporter has it for what is
// beside a name, and those beat the global tags; a tag without a value hides the
// others of its key. A name that cannot be decoded costs its points, with an
// error that wraps encoding.ErrSyntax or encoding.ErrNotScalar. What names say is
// remembered, of up to 10,000 and 8 MiB of them: beyond, each is decoded at
// every use until others have gone out of use for minutes.
//
// By default braces are sanitized like anything else. There is no variable: what a
// metric means is for the program to know that makes its name. Exporters hand
// finished series to the client, so that it does not concern them: attributes
// take the place of encoded names there.
func WithEncodedNames() Option {
	return optionFunc(func(s *client.Settings) { s.Points.EncodedNames = true })
}

// WithWarningHandler sets the function that is called with warnings: a deprecated
// variable, a token that is sent without encryption, the beginning and end of spooling.
// The default is otel.Handle.
//
// After New the handler is called with one warning after the other, on a goroutine of its
// own. It may use and close the client. A panic in it is ignored. Close waits up to 100
// ms for it to return. While 100 warnings wait for a handler that does not return, further
// ones are dropped.
func WithWarningHandler(handle func(error)) Option {
	return optionFunc(func(s *client.Settings) {
		if handle == nil {
			s.Fault("WithWarningHandler: the function is nil")
			return
		}
		s.Warn = handle
	})
}
