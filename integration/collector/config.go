// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// Config is the configuration of the exporter. Durations are as Go has them
// ("30s"). Start with the default of the factory: the zero value is not valid.
type Config struct {
	// ClientConfig has the settings of HTTP clients that all components share.
	// Endpoint is the base URL, by default https://api.apptuit.ai. Timeout bounds
	// one attempt to deliver a batch, and each request of it, by default 30 s; it
	// cannot be 0. Compression is gzip, deflate or none, by default gzip, without
	// parameters. Headers cannot be those that the client sets itself (Content-*,
	// Host, Transfer-Encoding, User-Agent). TLS below 1.2 is refused.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`

	// QueueConfig is the queue before this exporter and how it makes batches, by
	// default of 8,192 to 50,000 data points, by 4 consumers.
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// RetryConfig says how batches are retried. Only exporterhelper retries.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`

	// Token is the API token. At most one of Token, TokenFile, Auth and an
	// Authorization header is set; for the default endpoint one is needed.
	Token configopaque.String `mapstructure:"token"`
	// TokenFile names a file that holds the token. It is read again when it changes,
	// after a 401, and after a 403 at most once a minute.
	TokenFile string `mapstructure:"token_file"`
	// UserID authorizes with Basic authentication: this user, with the token as the
	// password.
	UserID string `mapstructure:"user_id"`

	// Tags are added to every point. They beat the resource's attributes; a point's
	// own attributes beat them. An empty value removes the tag.
	Tags map[string]string `mapstructure:"tags"`
	// Prefix is put before every metric name, without a separator.
	Prefix string `mapstructure:"prefix"`
	// SanitizeMode says how names and tag keys are made valid: prometheus (the
	// default), apptuit or none.
	SanitizeMode string `mapstructure:"sanitize_mode"`
	// ResourceAttributes chooses the attributes of the resource that become tags. By
	// default these are the attributes that tell entities apart, in the order of their
	// importance, as many as there is room for. The README lists them.
	ResourceAttributes ChosenAttributes `mapstructure:"resource_attributes"`
	// Attributes chooses the attributes of points that become tags, by default all.
	// otel.metric.overflow always becomes one. Points that the others no longer tell
	// apart are one series: the first of a batch is sent.
	Attributes ChosenAttributes `mapstructure:"attributes"`
	// HostTag adds the tag host with host.name of the resource, if it has one and
	// no other source sets host. On by default.
	HostTag bool `mapstructure:"host_tag"`
	// ScopeTags adds otel_scope_name and otel_scope_version, unless they are empty;
	// with PrometheusNames also otel_scope_schema_url and the scope's attributes. On
	// by default: without them, instruments of two libraries with one name collide.
	ScopeTags bool `mapstructure:"scope_tags"`
	// PrometheusNames names metrics and tags as OpenTelemetry's Prometheus exporter
	// for Go does, with units and _total (see exporter.WithPrometheusNames). It needs
	// the sanitize mode prometheus. Off by default.
	PrometheusNames bool `mapstructure:"prometheus_names"`
	// TargetInfo adds a point of target_info for each resource of a push, whose tags
	// are those of its points and these attributes of the resource; without a
	// pattern, all. Without it, as by default, there is none.
	TargetInfo configoptional.Optional[ChosenAttributes] `mapstructure:"target_info"`

	// StartPoints sends a point 0 before the first one of each cumulative monotonic
	// series, at the time of the previous push that had its instrument, or at its start
	// time (see exporter.WithStartPoints). Off by default.
	StartPoints bool `mapstructure:"start_points"`

	// Histograms says what becomes of histograms: recorded (the default) makes buckets
	// of explicit buckets and quantiles of exponential ones; buckets, quantiles and
	// both make that of all.
	Histograms string `mapstructure:"histograms"`
	// Quantiles are those of histograms, between 0 and 1, by default 0.5, 0.75, 0.95,
	// 0.99 and 0.999; at most 100.
	Quantiles []float64 `mapstructure:"quantiles"`
	// SparseBuckets sends a bucket of a cumulative histogram with explicit buckets only from
	// the first time on that it or the bucket above it has counted something (see
	// exporter.WithSparseBuckets). Off by default.
	SparseBuckets bool `mapstructure:"sparse_buckets"`

	// Server is the kind of the server, which selects the defaults of TagValues, MaxTags
	// and TimestampResolution: apptuit, opentsdb, victoriametrics, influxdb or generic. By
	// default apptuit for the default endpoint, and generic for any other.
	Server string `mapstructure:"server"`
	// TagValues is the rule by which tag values are rewritten: any, opentsdb or influxdb.
	// By default that of the server.
	TagValues string `mapstructure:"tag_values"`
	// MaxTags limits the tags of a point, from 1 to 127. By default 0: the server's limit.
	MaxTags int `mapstructure:"max_tags"`
	// TimestampResolution is the resolution of timestamps: s or ms. By default that of
	// the server.
	TimestampResolution string `mapstructure:"timestamp_resolution"`
	// SyncTimeout asks the server to answer when the points are stored, within this
	// time. By default 0: it is not asked.
	SyncTimeout time.Duration `mapstructure:"sync_timeout"`
	// MaxBatchPoints bounds the wire points of one request, by default 50,000.
	MaxBatchPoints int `mapstructure:"max_batch_points"`
	// MaxBatchBytes bounds the text of one request before compression, in bytes, by
	// default 16 MiB.
	MaxBatchBytes int64 `mapstructure:"max_batch_bytes"`
	// CacheBytes bounds the memory in which series are kept from one push to the next,
	// by default 64 MiB: some 350,000 sums, gauges or histograms.
	CacheBytes int64 `mapstructure:"cache_bytes"`
	// CardinalityWarning is the number of series of a metric of one resource above
	// which the log has a warning, once for each metric and scope. A series is an
	// attribute set that had a data point within the last five minutes. By default 0:
	// there is no warning.
	CardinalityWarning int `mapstructure:"cardinality_warning"`
}

// ChosenAttributes chooses attributes by their keys. In a pattern, * stands for
// any characters and ? for one.
type ChosenAttributes struct {
	// Included are patterns of keys. Without it all are included, if Excluded is
	// there. An empty list is refused: it reads both ways.
	Included []string `mapstructure:"included"`
	// Excluded are patterns of keys that are left out, whatever is included.
	Excluded []string `mapstructure:"excluded"`
}

// Validate reports every fault of the configuration at once, by key. It reads
// no file: a token file is for the machine on which the exporter runs.
func (cfg *Config) Validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
	}
	for _, s := range settings() {
		if s.atStart {
			continue
		}
		option, err := s.option(cfg)
		if err == nil && option != nil {
			err = tryOption(s.name, option)
		}
		if err != nil {
			fault(s.key, "%w", err)
		}
	}
	if len(faults) == 0 {
		if err := cfg.tryServer(); err != nil {
			fault("server", "%w", err)
		}
	}
	if cfg.ClientConfig.CompressionParams != (configcompression.CompressionParams{}) {
		fault("compression_params", "the level is not adjustable")
	}
	if v := cfg.ClientConfig.TLS.MinVersion; v == "1.0" || v == "1.1" {
		fault("tls::min_version", "TLS below 1.2 is refused")
	}
	if mode := strings.ToLower(cfg.SanitizeMode); cfg.PrometheusNames && mode != encoding.SanitizePrometheus.String() {
		fault("prometheus_names", "sanitize_mode must be %v, not %q", encoding.SanitizePrometheus, mode)
	}
	chosen := map[string]ChosenAttributes{"resource_attributes": cfg.ResourceAttributes, "attributes": cfg.Attributes}
	if t := cfg.TargetInfo.Get(); t != nil {
		chosen["target_info"] = *t
	}
	for _, key := range slices.Sorted(maps.Keys(chosen)) {
		if included := chosen[key].Included; included != nil && len(included) == 0 {
			fault(key+"::included", `is empty: leave it out to include all, or exclude "*" to include none`)
		}
	}
	if cfg.CacheBytes < 0 {
		fault("cache_bytes", "%d is negative", cfg.CacheBytes)
	}
	if cfg.CardinalityWarning < 0 {
		fault("cardinality_warning", "%d is negative", cfg.CardinalityWarning)
	}
	if _, err := cfg.layout(); err != nil {
		faults = append(faults, err)
	}
	cfg.validateCredentials(fault)
	return errors.Join(faults...)
}

func (cfg *Config) validateCredentials(fault func(key, format string, args ...any)) {
	header := false
	for name := range cfg.ClientConfig.Headers.Iter {
		header = header || http.CanonicalHeaderKey(name) == "Authorization"
	}
	var given []string
	for _, c := range []struct {
		key string
		set bool
	}{
		{"token", cfg.Token != ""}, {"token_file", cfg.TokenFile != ""}, {"auth", cfg.ClientConfig.Auth.HasValue()}, {"headers (Authorization)", header},
	} {
		if c.set {
			given = append(given, c.key)
		}
	}
	if len(given) > 1 {
		fault(strings.Join(given, ", "), "give one of them")
	}
	if cfg.UserID != "" && cfg.Token == "" && cfg.TokenFile == "" {
		fault("user_id", "needs token or token_file")
	}
	if len(given) == 0 && defaultServer(cfg.ClientConfig.Endpoint) {
		fault("token", "is needed for %s: set token, token_file or auth (the Collector takes nothing from APPTUIT_API_TOKEN by itself: token: ${env:APPTUIT_API_TOKEN})",
			apptuitclient.DefaultEndpoint)
	}
}

// layout is that of the configuration.
func (cfg *Config) layout() (convert.Layout, error) {
	var faults []error
	form, err := convert.ParseForm(cfg.Histograms)
	if err != nil {
		faults = append(faults, fmt.Errorf("histograms: %w", err))
	}
	var quantiles []float64
	if cfg.Quantiles != nil {
		if quantiles, err = convert.CleanQuantiles(cfg.Quantiles); err != nil {
			faults = append(faults, fmt.Errorf("quantiles: %w", err))
		}
	}
	return convert.Layout{Histograms: form, Quantiles: quantiles, SparseBuckets: cfg.SparseBuckets}, errors.Join(faults...)
}

// defaultServer reports whether an endpoint is Apptuit's own, however it is
// written.
func defaultServer(endpoint string) bool {
	own, err := url.Parse(apptuitclient.DefaultEndpoint)
	if err != nil {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(endpoint))
	return err == nil && strings.EqualFold(u.Hostname(), own.Hostname())
}
