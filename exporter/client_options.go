// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// clientOption returns an option that passes a client option to the client that New creates.
// name is the name of both options.
func clientOption(name string, option apptuitclient.Option) Option {
	return optionFunc(func(c *config) { c.addClientOptions(name, option) })
}

// WithEndpoint sets the base URL of the server, for example http://localhost:4242. Points are
// sent to the path /api/put below it. The default is apptuitclient.DefaultEndpoint. WithEndpoint
// overrides APPTUIT_ENDPOINT. See [apptuitclient.WithEndpoint].
func WithEndpoint(endpoint string) Option {
	return clientOption("WithEndpoint", apptuitclient.WithEndpoint(endpoint))
}

// WithServer sets the kind of the server, which selects the defaults of other options. The
// default is apptuitclient.ServerApptuit for the default endpoint, and
// apptuitclient.ServerGeneric for any other. It overrides APPTUIT_SERVER. See
// [apptuitclient.WithServer].
func WithServer(server apptuitclient.Server) Option {
	return clientOption("WithServer", apptuitclient.WithServer(server))
}

// WithToken sets the API token. By default there is none, which is an error of New for the
// default endpoint. It overrides APPTUIT_API_TOKEN and APPTUIT_API_TOKEN_FILE. See
// [apptuitclient.WithToken].
func WithToken(token string) Option {
	return clientOption("WithToken", apptuitclient.WithToken(token))
}

// WithTokenSource sets a function that returns the API token, for tokens that expire. By
// default there is none. It overrides APPTUIT_API_TOKEN and APPTUIT_API_TOKEN_FILE. See
// [apptuitclient.WithTokenSource].
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return clientOption("WithTokenSource", apptuitclient.WithTokenSource(source))
}

// WithTokenFile sets a file that contains the API token, and is read again when it changes. By
// default there is none. It overrides APPTUIT_API_TOKEN_FILE and APPTUIT_API_TOKEN. See
// [apptuitclient.WithTokenFile].
func WithTokenFile(name string) Option {
	return clientOption("WithTokenFile", apptuitclient.WithTokenFile(name))
}

// WithUserID selects Basic authentication with this user, and with the token as the password. By
// default the token is sent as a Bearer token. WithUserID overrides APPTUIT_USER_ID. See
// [apptuitclient.WithUserID].
func WithUserID(user string) Option {
	return clientOption("WithUserID", apptuitclient.WithUserID(user))
}

// WithHeaders adds headers to every request. By default no headers are added. It overrides
// APPTUIT_HEADERS. See [apptuitclient.WithHeaders].
func WithHeaders(headers map[string]string) Option {
	return clientOption("WithHeaders", apptuitclient.WithHeaders(headers))
}

// WithTimeout limits the duration of one request. The context of Export limits all requests
// and retries together. The default is 60 s. WithTimeout overrides APPTUIT_TIMEOUT. See
// [apptuitclient.WithTimeout].
func WithTimeout(d time.Duration) Option {
	return clientOption("WithTimeout", apptuitclient.WithTimeout(d))
}

// WithRetry configures retries. By default they are enabled for one minute, with delays of up
// to 1 s at first and up to 30 s later. It overrides APPTUIT_RETRY_MAX_ELAPSED_TIME. See
// [apptuitclient.WithRetry].
func WithRetry(retry apptuitclient.RetryConfig) Option {
	return clientOption("WithRetry", apptuitclient.WithRetry(retry))
}

// WithCompression sets the compression of request bodies. The default is
// apptuitclient.CompressionGzip. It overrides APPTUIT_COMPRESSION. See
// [apptuitclient.WithCompression].
func WithCompression(compression apptuitclient.Compression) Option {
	return clientOption("WithCompression", apptuitclient.WithCompression(compression))
}

// WithKnownVariables names environment variables that begin with APPTUIT_ and that the program
// reads itself, so that New does not warn about them. By default New warns about each variable
// that begins with APPTUIT_ and that no setting reads. See [apptuitclient.WithKnownVariables].
func WithKnownVariables(names ...string) Option {
	return clientOption("WithKnownVariables", apptuitclient.WithKnownVariables(names...))
}

// WithTLSFiles sets files with certificates and keys, which are read again when they change. By
// default the certificates of the system verify the server. It overrides APPTUIT_CERTIFICATE,
// APPTUIT_CLIENT_CERTIFICATE and APPTUIT_CLIENT_KEY. See [apptuitclient.WithTLSFiles].
func WithTLSFiles(files apptuitclient.TLSFiles) Option {
	return clientOption("WithTLSFiles", apptuitclient.WithTLSFiles(files))
}

// WithProxy sets the function that returns the proxy for a request. The default is
// http.ProxyFromEnvironment. It overrides APPTUIT_PROXY. See [apptuitclient.WithProxy].
func WithProxy(proxy func(*http.Request) (*url.URL, error)) Option {
	return clientOption("WithProxy", apptuitclient.WithProxy(proxy))
}

// WithTLSClientConfig sets the TLS configuration. The default is that of net/http, with TLS 1.2
// or later. See [apptuitclient.WithTLSClientConfig].
func WithTLSClientConfig(cfg *tls.Config) Option {
	return clientOption("WithTLSClientConfig", apptuitclient.WithTLSClientConfig(cfg))
}

// WithHTTPClient sets the HTTP client for requests. By default a copy of http.DefaultTransport
// is used. See [apptuitclient.WithHTTPClient].
func WithHTTPClient(httpClient *http.Client) Option {
	return clientOption("WithHTTPClient", apptuitclient.WithHTTPClient(httpClient))
}

// WithSpool sets a folder for batches that cannot be delivered. They are delivered later, even
// after a restart of the program. By default there is no spool. WithSpool overrides
// APPTUIT_SPOOL_DIR. See [apptuitclient.WithSpool].
func WithSpool(dir string, opts ...apptuitclient.SpoolOption) Option {
	return clientOption("WithSpool", apptuitclient.WithSpool(dir, opts...))
}

// WithoutSpool ignores APPTUIT_SPOOL_DIR and an earlier WithSpool. Use it for a program that runs
// with the environment of another program that uses the folder. See
// [apptuitclient.WithoutSpool].
func WithoutSpool() Option {
	return clientOption("WithoutSpool", apptuitclient.WithoutSpool())
}

// WithSync makes OpenTSDB answer only when it has stored the points, or when the timeout has
// passed. By default OpenTSDB answers before it has stored them. See [apptuitclient.WithSync].
func WithSync(timeout time.Duration) Option {
	return clientOption("WithSync", apptuitclient.WithSync(timeout))
}

// WithMaxBatchPoints limits the number of points per request. The default is 50,000. See
// [apptuitclient.WithMaxBatchPoints].
func WithMaxBatchPoints(n int) Option {
	return clientOption("WithMaxBatchPoints", apptuitclient.WithMaxBatchPoints(n))
}

// WithMaxBatchBytes limits the text of a request, in bytes before compression. The default is
// 16 MiB. See [apptuitclient.WithMaxBatchBytes].
func WithMaxBatchBytes(n int64) Option {
	return clientOption("WithMaxBatchBytes", apptuitclient.WithMaxBatchBytes(n))
}

// WithMaxInFlight limits the batches of one Export that are sent concurrently. The default is
// 2. See [apptuitclient.WithMaxInFlight].
func WithMaxInFlight(n int) Option {
	return clientOption("WithMaxInFlight", apptuitclient.WithMaxInFlight(n))
}

// WithMaxTags limits the number of tags of a point to n, from 1 to 127. The default is 8 for
// OpenTSDB ([WithServer]), and encoding.MaxTags otherwise. WithMaxTags overrides
// APPTUIT_MAX_TAGS. See [apptuitclient.WithMaxTags].
func WithMaxTags(n int) Option {
	return clientOption("WithMaxTags", apptuitclient.WithMaxTags(n))
}

// WithTagValueRule sets the rule by which tag values that the server cannot store are rewritten. The
// default is the rule of the server ([WithServer]). WithTagValueRule overrides APPTUIT_TAG_VALUES.
// See [apptuitclient.WithTagValueRule].
func WithTagValueRule(rule encoding.TagValueRule) Option {
	return clientOption("WithTagValueRule", apptuitclient.WithTagValueRule(rule))
}

// WithTimestampResolution sets the resolution of timestamps: time.Second or time.Millisecond.
// The default is milliseconds for VictoriaMetrics ([WithServer]), and seconds otherwise.
// WithTimestampResolution overrides APPTUIT_TIMESTAMP_RESOLUTION. See
// [apptuitclient.WithTimestampResolution].
func WithTimestampResolution(resolution time.Duration) Option {
	return clientOption("WithTimestampResolution", apptuitclient.WithTimestampResolution(resolution))
}

// WithoutEnvironmentTags ignores APPTUIT_TAGS and APPTUIT_PY_TAGS. See
// [apptuitclient.WithoutEnvironmentTags].
func WithoutEnvironmentTags() Option {
	return clientOption("WithoutEnvironmentTags", apptuitclient.WithoutEnvironmentTags())
}

// WithWarningHandler sets the function that is called with warnings, for example about an
// instrument with too many series, or about the beginning of spooling. The default is otel.Handle. See
// [apptuitclient.WithWarningHandler].
func WithWarningHandler(handle func(error)) Option {
	return clientOption("WithWarningHandler", apptuitclient.WithWarningHandler(handle))
}
