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
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

// Config is the configuration of the exporter. Durations are written with a unit, for example
// 30s. The zero value is not valid: start with the default of the factory.
type Config struct {
	// ClientConfig has the settings of HTTP clients that all components share. Endpoint is the
	// base URL of the server (default: https://api.apptuit.ai). Timeout is the limit of one
	// attempt to deliver a batch, and of each request of it (default: 30s); it must not be 0.
	// Compression is gzip, deflate or none (default: gzip), without parameters. Headers that
	// the client sets are refused: Content-*, Host, Transfer-Encoding, User-Agent. So is TLS
	// below 1.2.
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`

	// QueueConfig configures the queue and its batches (default: 8,192 to 50,000 data points,
	// and 4 consumers).
	QueueConfig configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// RetryConfig configures the retries of exporterhelper. Nothing else retries.
	RetryConfig configretry.BackOffConfig `mapstructure:"retry_on_failure"`

	// Token is the API token. At most one of Token, TokenFile, Auth and an Authorization header
	// may be set. The default endpoint requires one of them.
	Token configopaque.String `mapstructure:"token"`
	// TokenFile names a file with the token. It is read again when it changes, after a 401,
	// and after a 403 at most once a minute.
	TokenFile string `mapstructure:"token_file"`
	// UserID is the user of Basic authentication, with the token as the password.
	UserID string `mapstructure:"user_id"`

	// Tags are added to every point. They override attributes of the resource, and attributes
	// of the data point override them. A tag with an empty value is omitted, and suppresses the
	// attribute of the resource.
	Tags map[string]string `mapstructure:"tags"`
	// Prefix is the prefix of all metric names, without a separator.
	Prefix string `mapstructure:"prefix"`
	// SanitizeMode says how invalid characters in metric names and tag keys are replaced:
	// prometheus (default), apptuit or none.
	SanitizeMode string `mapstructure:"sanitize_mode"`
	// ResourceAttributes selects the attributes of the resource that become tags. By default
	// these are attributes that distinguish entities, in the order of their importance, up to
	// the limit of tags. The page attributes.md lists them.
	ResourceAttributes ChosenAttributes `mapstructure:"resource_attributes"`
	// Attributes selects the attributes of data points that become tags (default: all).
	// otel.metric.overflow always becomes a tag. If the remaining attributes no longer
	// distinguish several data points, the first in a batch is sent and the others are rejected.
	Attributes ChosenAttributes `mapstructure:"attributes"`
	// HostTag adds the tag host with host.name of the resource, if the resource has it and no
	// other source sets the tag (default: true).
	HostTag bool `mapstructure:"host_tag"`
	// ScopeTags adds the tags otel_scope_name and otel_scope_version, unless they are empty;
	// with PrometheusNames also otel_scope_schema_url and the attributes of the scope (default:
	// true). Without them, instruments of two libraries with one name collide.
	ScopeTags bool `mapstructure:"scope_tags"`
	// PrometheusNames names metrics and tags as OpenTelemetry's Prometheus exporter for Go
	// does, with units and _total (see exporter.WithPrometheusNames). It requires the sanitize
	// mode prometheus. The default is false.
	PrometheusNames bool `mapstructure:"prometheus_names"`
	// TargetInfo adds a point of the metric target_info for each resource in a push. Its tags
	// are the tags that all points of the resource have, and the attributes of the resource that
	// the patterns select (without patterns, all). By default there is no such point.
	TargetInfo configoptional.Optional[ChosenAttributes] `mapstructure:"target_info"`

	// StartPoints sends a point with the value 0 before the first point of each cumulative
	// monotonic series (see exporter.WithStartPoints). Its time is that of the previous push with
	// the instrument, if that push had the same start time, or otherwise the start time of the
	// data point. The default is false.
	StartPoints bool `mapstructure:"start_points"`

	// Histograms says how histograms are sent: as buckets, as quantiles, or as both. The default
	// is recorded: explicit buckets as buckets, and exponential histograms as quantiles.
	Histograms string `mapstructure:"histograms"`
	// Quantiles are the quantiles of histograms: up to 100 numbers between 0 and 1 (default: 0.5,
	// 0.75, 0.95, 0.99, 0.999).
	Quantiles []float64 `mapstructure:"quantiles"`
	// SparseBuckets omits buckets of cumulative histograms with explicit buckets until the
	// bucket, or the bucket above it, has counted a value (see exporter.WithSparseBuckets). The
	// default is false.
	SparseBuckets bool `mapstructure:"sparse_buckets"`

	// Server is the kind of the server: apptuit, opentsdb, victoriametrics, influxdb or generic.
	// It selects the defaults of TagValues, MaxTags and TimestampResolution. By default it is
	// apptuit for the default endpoint, and generic for any other.
	Server string `mapstructure:"server"`
	// TagValues is the rule by which tag values are rewritten: any, opentsdb or influxdb. The
	// default is that of the server.
	TagValues string `mapstructure:"tag_values"`
	// MaxTags is the limit of the tags of a point, from 1 to 127. The default 0 selects the limit
	// of the server.
	MaxTags int `mapstructure:"max_tags"`
	// TimestampResolution is the resolution of timestamps: s or ms. The default is that of the
	// server.
	TimestampResolution string `mapstructure:"timestamp_resolution"`
	// SyncTimeout makes the server answer when the points are stored, at the latest after this
	// time. With the default 0 it answers before.
	SyncTimeout time.Duration `mapstructure:"sync_timeout"`
	// MaxBatchPoints is the limit of the points in a request (default: 50,000).
	MaxBatchPoints int `mapstructure:"max_batch_points"`
	// MaxBatchBytes is the limit of the text of a request before compression, in bytes (default:
	// 16 MiB).
	MaxBatchBytes int64 `mapstructure:"max_batch_bytes"`
	// CacheBytes is the limit of the memory for series that are kept between pushes, in bytes
	// (default: 64 MiB, for some 350,000 series). 0 keeps none. A push may use more memory while
	// it is converted.
	CacheBytes int64 `mapstructure:"cache_bytes"`
	// CardinalityWarning is the number of series of a metric of one resource above which a
	// warning is logged, once for each metric and scope. A series is an attribute set that had a
	// data point within the last five minutes. The default 0 disables the warning.
	CardinalityWarning int `mapstructure:"cardinality_warning"`
}

// ChosenAttributes selects attributes by patterns of their keys. In a pattern, * stands for
// any characters and ? for one character.
type ChosenAttributes struct {
	// Included are patterns of the selected keys. With Excluded alone, all others are selected.
	// An empty list is an error, since it could mean all keys or none.
	Included []string `mapstructure:"included"`
	// Excluded are patterns of keys that are not selected. They override Included.
	Excluded []string `mapstructure:"excluded"`
}

// selection returns the selection of the patterns, or nil without patterns.
func (a ChosenAttributes) selection() *pattern.Selection {
	if a.Included == nil && a.Excluded == nil {
		return nil
	}
	return &pattern.Selection{Included: a.Included, Excluded: a.Excluded}
}

// Validate reports all faults of the configuration at once, each with its key. It reads no
// files, since the token file may exist only on the machine on which the exporter runs.
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
		fault("compression_params", "the level of compression cannot be set: remove the key")
	}
	if v := cfg.ClientConfig.TLS.MinVersion; v == "1.0" || v == "1.1" {
		fault("tls::min_version", "must be 1.2 or 1.3, not %q", v)
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

// credentials returns the keys with credentials that are set.
func (cfg *Config) credentials() (given []string) {
	header := false
	for name := range cfg.ClientConfig.Headers.Iter {
		header = header || http.CanonicalHeaderKey(name) == "Authorization"
	}
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
	return given
}

// credentialsText returns the keys with credentials for the log, or "none".
func (cfg *Config) credentialsText() string {
	if given := cfg.credentials(); len(given) > 0 {
		return strings.Join(given, ", ")
	}
	return "none"
}

// queueText describes the queue of exporterhelper for the log.
func (cfg *Config) queueText() string {
	switch queue := cfg.QueueConfig.Get(); {
	case queue == nil:
		return "none"
	case queue.StorageID == nil:
		return "in memory"
	default:
		return "in " + queue.StorageID.String()
	}
}

func (cfg *Config) validateCredentials(fault func(key, format string, args ...any)) {
	given := cfg.credentials()
	if len(given) > 1 {
		fault(strings.Join(given, ", "), "set only one of them")
	}
	if cfg.UserID != "" && cfg.Token == "" && cfg.TokenFile == "" {
		fault("user_id", "requires token or token_file")
	}
	if len(given) == 0 && defaultServer(cfg.ClientConfig.Endpoint) {
		fault("token", "is required for %s: set token, token_file or auth (the Collector reads no variable by itself: write token: ${env:APPTUIT_API_TOKEN})",
			apptuitclient.DefaultEndpoint)
	}
}

// layout returns the layout of histograms.
func (cfg *Config) layout() (convert.Layout, error) {
	var faults []error
	form, err := convert.ParseForm(cfg.Histograms)
	if err != nil {
		faults = append(faults, fmt.Errorf("histograms: %w", withoutKind(err)))
	}
	var quantiles []float64
	if cfg.Quantiles != nil {
		if quantiles, err = convert.CleanQuantiles(cfg.Quantiles); err != nil {
			faults = append(faults, fmt.Errorf("quantiles: %w", err))
		}
	}
	return convert.Layout{Histograms: form, Quantiles: quantiles, SparseBuckets: cfg.SparseBuckets}, errors.Join(faults...)
}

// defaultServer reports whether an endpoint has the host of the default endpoint.
func defaultServer(endpoint string) bool {
	own, err := url.Parse(apptuitclient.DefaultEndpoint)
	if err != nil {
		return false
	}
	u, err := url.Parse(strings.TrimSpace(endpoint))
	return err == nil && strings.EqualFold(u.Hostname(), own.Hostname())
}
