// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// load reads a configuration as the Collector does.
func load(t testing.TB, text string) (*Config, error) {
	t.Helper()
	var raw map[string]any
	if err := yaml.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	cfg := NewFactory().CreateDefaultConfig().(*Config)
	if err := confmap.NewFromStringMap(raw).Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func mustLoad(t testing.TB, text string) *Config {
	t.Helper()
	cfg, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestConfig_Defaults(t *testing.T) {
	cfg := mustLoad(t, `token: t0k3n`)
	if got := cfg.ClientConfig.Endpoint; got != "https://api.apptuit.ai" {
		t.Errorf("endpoint %q", got)
	}
	queue := cfg.QueueConfig.Get()
	if queue == nil || queue.NumConsumers != 4 || queue.StorageID != nil || queue.BlockOnOverflow || queue.WaitForResult {
		t.Fatalf("queue %+v", queue)
	}
	batch := queue.Batch.Get()
	if batch == nil || batch.Sizer != exporterhelper.RequestSizerTypeItems || batch.MinSize != 8192 || batch.MaxSize != 50_000 || batch.FlushTimeout != 200*time.Millisecond {
		t.Errorf("batch %+v", batch)
	}
	if !cfg.RetryConfig.Enabled || cfg.RetryConfig.MaxElapsedTime != 5*time.Minute {
		t.Errorf("retry %+v", cfg.RetryConfig)
	}
}

func TestConfig_ReadsEachKey(t *testing.T) {
	cfg := mustLoad(t, `
endpoint: https://tsdb.example:4243/base
timeout: 7s
compression: none
proxy_url: http://proxy:3128
headers: {X-Scope: a}
tls: {ca_file: /ca.pem, min_version: "1.3"}
token_file: /does/not/exist/here
user_id: me
tags: {Zone.Name: eu, host: ""}
prefix: apr.
sanitize_mode: none
target_info: {included: ["os.*"], excluded: [os.version]}
histograms: both
sparse_buckets: true
quantiles: [0.9, 0.5]
resource_attributes: {included: ["k8s.*"], excluded: [k8s.pod.uid]}
attributes: {excluded: [user.id]}
host_tag: false
scope_tags: false
server: opentsdb
tag_values: any
max_tags: 12
timestamp_resolution: ms
sync_timeout: 30s
max_batch_points: 1000
max_batch_bytes: 1048576
cache_bytes: 0
cardinality_warning: 5000
retry_on_failure: {max_elapsed_time: 0s}
sending_queue: {queue_size: 17, storage: file_storage, batch: {max_size: 9000}}
`)
	if diff := cmp.Diff(map[string]string{"Zone.Name": "eu", "host": ""}, cfg.Tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ChosenAttributes{Included: []string{"k8s.*"}, Excluded: []string{"k8s.pod.uid"}}, cfg.ResourceAttributes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ChosenAttributes{Excluded: []string{"user.id"}}, cfg.Attributes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&ChosenAttributes{Included: []string{"os.*"}, Excluded: []string{"os.version"}}, cfg.TargetInfo.Get()); diff != "" {
		t.Error(diff)
	}
	type scalars struct {
		endpoint, compression, tokenFile, user, prefix, mode string
		server, values, resolution                           string
		timeout, sync                                        time.Duration
		host, scope                                          bool
		points, maxTags, cardinality                         int
		bytes, cache                                         int64
	}
	got := scalars{
		cfg.ClientConfig.Endpoint, string(cfg.ClientConfig.Compression), cfg.TokenFile, cfg.UserID, cfg.Prefix, cfg.SanitizeMode,
		cfg.Server, cfg.TagValues, cfg.TimestampResolution,
		cfg.ClientConfig.Timeout, cfg.SyncTimeout, cfg.HostTag, cfg.ScopeTags,
		cfg.MaxBatchPoints, cfg.MaxTags, cfg.CardinalityWarning, cfg.MaxBatchBytes, cfg.CacheBytes,
	}
	want := scalars{
		"https://tsdb.example:4243/base", "none", "/does/not/exist/here", "me", "apr.", "none",
		"opentsdb", "any", "ms",
		7 * time.Second, 30 * time.Second, false, false, 1000, 12, 5000, 1 << 20, 0,
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	layout, err := cfg.layout()
	if diff := cmp.Diff(convert.Layout{Histograms: convert.AsBoth, Quantiles: []float64{0.5, 0.9}, SparseBuckets: true}, layout); diff != "" || err != nil {
		t.Errorf("layout, %v: %s", err, diff)
	}
	queue := cfg.QueueConfig.Get()
	if queue.QueueSize != 17 || queue.StorageID.String() != "file_storage" || queue.Batch.Get().MaxSize != 9000 || queue.Batch.Get().MinSize != 8192 || cfg.RetryConfig.MaxElapsedTime != 0 {
		t.Errorf("queue %+v", queue)
	}
}

func TestConfig_Faults(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string // lines, by their beginning
	}{
		{"the default endpoint without a token", `{}`, []string{"token: is required for https://api.apptuit.ai"}},
		{"the default endpoint in another form, without a token", `endpoint: "https://API.Apptuit.AI:443/"`, []string{"token: is required"}},
		{"an endpoint without a scheme", `endpoint: tsdb:4242`, []string{"endpoint: the scheme must be http or https"}},
		{"an empty endpoint", `endpoint: ""`, []string{"endpoint: is empty: write the URL of the server, for example http://localhost:4242"}},
		{"an endpoint without a value", `endpoint:`, []string{"endpoint: is empty"}},
		{"two tokens", `{token: abc, token_file: /x}`, []string{"token, token_file: set only one of them"}},
		{"token and auth", `{token: abc, auth: {authenticator: oauth2client}}`, []string{"token, auth: set only one of them"}},
		{"token and header", `{token: abc, headers: {authorization: "Bearer x"}}`, []string{"token, headers (Authorization): set only one of them"}},
		{"token", `token: "a b\n"`, []string{"token: the token"}},
		{"user without token", `{endpoint: "http://x", user_id: me}`, []string{"user_id: requires token or token_file"}},
		{"histograms and quantiles", `{token: abc, histograms: bars, quantiles: [2]}`, []string{
			`histograms: "bars": must be recorded, buckets, quantiles or both`, "quantiles: quantile 2 must be greater than 0 and less than 1",
		}},
		{"an empty list of quantiles", `{token: abc, quantiles: []}`, []string{"quantiles: there must be 1 to 100 quantiles, not 0"}},
		{"a tag key that the mode none refuses", `{token: abc, sanitize_mode: none, tags: {"a b": c}}`, []string{"tags:"}},
		{"an empty tag", `{token: abc, tags: {"": c}}`, []string{"tags:"}},
		{"an empty selection of resource attributes", `{token: abc, resource_attributes: {included: []}}`, []string{"resource_attributes::included: is empty"}},
		{"an empty selection of attributes", `{token: abc, attributes: {included: []}}`, []string{"attributes::included: is empty"}},
		{"target_info", `{token: abc, target_info: {included: []}}`, []string{"target_info::included: is empty"}},
		{"Prometheus names", `{token: abc, prometheus_names: true, sanitize_mode: apptuit}`, []string{`prometheus_names: sanitize_mode must be prometheus, not "apptuit"`}},
		{"TLS", `{token: abc, tls: {min_version: "1.1"}}`, []string{"tls::min_version: must be 1.2 or 1.3, not "}},
		{"an invalid queue", `{token: abc, sending_queue: {num_consumers: 0}}`, []string{"sending_queue: `num_consumers` must be positive"}},
		{"invalid retries", `{token: abc, retry_on_failure: {multiplier: -1}}`, []string{"retry_on_failure: multiplier"}},
		{"all at once", `
endpoint: ftp://tsdb
timeout: 0s
compression: zstd
compression_params: {level: 3}
headers: {User-Agent: me}
user_id: a:b
sanitize_mode: loud
sync_timeout: 1us
max_batch_points: 0
max_batch_bytes: -1
cache_bytes: -1
cardinality_warning: -1
sending_queue: {queue_size: 0}
`, []string{
			"cache_bytes: -1 is negative", "cardinality_warning: -1 is negative", "compression: \"zstd\": must be gzip, deflate or none", "compression_params: ", "endpoint: the scheme must be",
			"headers: User-Agent is set by the client", "max_batch_bytes: -1 is not positive", "max_batch_points: 0 is not positive", "sanitize_mode: \"loud\"",
			"sending_queue: `queue_size` must be positive", "sync_timeout: 1µs is less", "timeout: 0s is not positive", "user_id: a user id cannot contain a colon",
			"user_id: requires token or token_file",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if err == nil {
				t.Fatal("no fault")
			}
			got := strings.Split(err.Error(), "\n")
			slices.Sort(got)
			if len(got) != len(tt.want) {
				t.Fatalf("faults %q, want %q", got, tt.want)
			}
			for i, line := range got {
				if !strings.HasPrefix(line, tt.want[i]) {
					t.Errorf("fault %q, want %q", line, tt.want[i])
				}
			}
		})
	}
}

func TestConfig_UnknownKeysAndWrongTypesAreFaults(t *testing.T) {
	for _, text := range []string{`tokn: x`, `tls: {ca: x}`, `sending_queue: {size: 5}`, `sending_queue: {batch: {size: 5}}`, `retry_on_failure: {on: true}`, `resource_attributes: {include: [a]}`, `attributes: {include: [a]}`, `target_info: {include: [a]}`, `target_info: [a]`, `server: [a]`, `tags: [a]`} {
		if _, err := load(t, "token: abc\n"+text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// The decoder would interpret a number without a unit as nanoseconds.
func TestConfig_DurationsNeedUnit(t *testing.T) {
	keys := []string{
		"http2_ping_timeout", "http2_read_idle_timeout", "idle_conn_timeout", "keepalive::idle_conn_timeout",
		"retry_on_failure::initial_interval", "retry_on_failure::max_elapsed_time", "retry_on_failure::max_interval",
		"sending_queue::batch::flush_timeout", "sync_timeout", "timeout", "tls::reload_interval",
	}
	for _, key := range keys {
		path := strings.Split(key, "::")
		yaml := func(value string) string {
			return "{token: abc, " + strings.Join(path, ": {") + ": " + value + strings.Repeat("}", len(path))
		}
		for _, value := range []string{"5", "-5", "0.5", `"5"`, `"5 s"`, "soon"} {
			want := fmt.Sprintf("%s: must be a number with a unit, for example 5s, 500ms or 1m30s, not %q", key, strings.Trim(value, `"`))
			if _, err := load(t, yaml(value)); err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s:\n%v, want\n%s", yaml(value), err, want)
			}
		}
		for _, value := range []string{"0", "1m30s"} {
			if _, err := load(t, yaml(value)); err != nil && strings.Contains(err.Error(), "must be a number with a unit") {
				t.Errorf("%s: %v", yaml(value), err)
			}
		}
	}
	// The default configuration, written out, has all other durations.
	conf := confmap.New()
	if err := conf.Marshal(createDefaultConfig()); err != nil {
		t.Fatal(err)
	}
	for _, key := range conf.AllKeys() {
		if strings.HasSuffix(key, "timeout") || strings.HasSuffix(key, "interval") || strings.HasSuffix(key, "elapsed_time") {
			if !slices.Contains(keys, key) {
				t.Errorf("%s is not tested", key)
			}
		}
	}
}

func TestConfig_ReportsAllFaultsOfDecoding(t *testing.T) {
	_, err := load(t, `{timeout: 5, tokn: abc, zzz: 1, sync_timeout: soon, retry_on_failure: {max_interval: 7}}`)
	want := `retry_on_failure::max_interval: must be a number with a unit, for example 5s, 500ms or 1m30s, not "7"
sync_timeout: must be a number with a unit, for example 5s, 500ms or 1m30s, not "soon"
timeout: must be a number with a unit, for example 5s, 500ms or 1m30s, not "5"
unknown key "tokn": did you mean "token"?
unknown key "zzz": the README of the exporter lists all keys`
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want\n%s", err, want)
	}
}

func TestConfig_Valid(t *testing.T) {
	for _, text := range []string{
		`endpoint: http://victoriametrics:4242`, // other servers may need no token
		`auth: {authenticator: oauth2client}`,
		`headers: {Authorization: "Custom x"}`,
		`{token: abc, user_id: me}`,
		`{token: abc, prometheus_names: true, sanitize_mode: Prometheus}`,
		`{token: abc, compression: ""}`,
		`{token: abc, resource_attributes: {excluded: ["*"]}}`,
		`{token: abc, sending_queue: {enabled: false}}`,
	} {
		if _, err := load(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Users print their configuration, for example in support requests.
func TestConfig_PrintsNoSecret(t *testing.T) {
	cfg := mustLoad(t, `{token: s3cr3t-t0k3n, headers: {X-Key: s3cr3t-h34d3r}}`)
	conf := confmap.New()
	if err := conf.Marshal(cfg); err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(conf.ToStringMap())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cr3t") {
		t.Errorf("printed as\n%s", text)
	}
	contains(t, string(text), "[REDACTED]")
}

func TestConfig_TargetInfo(t *testing.T) {
	for text, want := range map[string]bool{"": false, "target_info:": false, "target_info: {}": true, "target_info: {excluded: [a]}": true, "target_info: {enabled: false}": false} {
		if cfg := mustLoad(t, "token: abc\n"+text); cfg.TargetInfo.HasValue() != want {
			t.Errorf("%q: %v, want %v", text, cfg.TargetInfo.HasValue(), want)
		}
	}
}
