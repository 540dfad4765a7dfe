// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// setters returns, for each top-level key of the exporter, the function that reads it. The
// table of settings describes the keys.
func setters() map[string]func(*settings, value) {
	return map[string]func(*settings, value){
		"endpoint":                      client(value.word, apptuitclient.WithEndpoint),
		"server":                        client(oneOf(apptuitclient.ParseServer), apptuitclient.WithServer),
		"tag_values":                    client(oneOf(encoding.ParseTagValueRule), apptuitclient.WithTagValueRule),
		"max_tags":                      client(value.count, apptuitclient.WithMaxTags),
		"timestamp_resolution":          client(oneOf(apptuitclient.ParseTimestampResolution), apptuitclient.WithTimestampResolution),
		"token":                         client(value.word, apptuitclient.WithToken),
		"token_file":                    client(value.word, apptuitclient.WithTokenFile),
		"user_id":                       client(value.word, apptuitclient.WithUserID),
		"headers":                       (*settings).readHeaders,
		"headers_list":                  (*settings).readHeadersList,
		"tls":                           (*settings).readTLS,
		"proxy_url":                     (*settings).readProxy,
		"timeout":                       (*settings).readTimeout,
		"compression":                   client(oneOf(apptuitclient.ParseCompression), apptuitclient.WithCompression),
		"sync_timeout":                  client(value.positiveMilliseconds, apptuitclient.WithSync),
		"retry":                         (*settings).readRetry,
		"max_batch_points":              client(value.count, apptuitclient.WithMaxBatchPoints),
		"max_batch_bytes":               client(value.positiveSize, apptuitclient.WithMaxBatchBytes),
		"max_in_flight":                 client(value.count, apptuitclient.WithMaxInFlight),
		"spool":                         (*settings).readSpool,
		"prefix":                        export(value.text, exporter.WithPrefix),
		"sanitize_mode":                 (*settings).readSanitizeMode,
		"prometheus_names":              exportIf(true, exporter.WithPrometheusNames),
		"tags":                          (*settings).readTags,
		"environment_tags":              clientIf(false, apptuitclient.WithoutEnvironmentTags),
		"host_tag":                      exportIf(false, exporter.WithoutHostTag),
		"instance_tag":                  exportIf(true, exporter.WithInstanceTag),
		"scope_tags":                    exportIf(false, exporter.WithoutScopeTags),
		"resource_attributes":           filtered(exporter.WithResourceAttributes),
		"attributes":                    filtered(exporter.WithAttributeFilter),
		"target_info":                   filtered(exporter.WithTargetInfo),
		"temporality_preference":        export(oneOf(exporter.ParseTemporalityPreference), exporter.WithTemporalitySelector),
		"default_histogram_aggregation": export(oneOf(exporter.ParseHistogramAggregation), exporter.WithAggregationSelector),
		"histograms":                    export(oneOf(exporter.ParseHistograms), exporter.WithHistograms),
		"quantiles":                     (*settings).readQuantiles,
		"sparse_buckets":                exportIf(true, exporter.WithSparseBuckets),
		"start_points":                  exportIf(true, exporter.WithStartPoints),
		"layout":                        export(oneOf(exporter.ParseLayout), exporter.WithLayout),
		"timers":                        export(oneOf(exporter.ParseTimers), exporter.WithTimers),
		"duration_unit":                 export(oneOf(exporter.ParseDurationUnit), exporter.WithDurationUnit),
		"meters":                        (*settings).readMeters,
		"self_metrics":                  exportIf(false, exporter.WithoutSelfMetrics),
		"usage_metrics":                 exportIf(true, exporter.WithUsageMetrics),
		"cardinality_warning":           export(value.series, exporter.WithCardinalityWarning),
		"cache_bytes":                   export(value.size, exporter.WithCacheBytes),
	}
}

// topKeys returns the top-level keys of the exporter in the order of the table, for example
// retry for retry.enabled.
func topKeys() []string {
	var names []string
	for _, s := range table.Keys() {
		if top, _ := s.Split(); !slices.Contains(names, top) {
			names = append(names, top)
		}
	}
	return names
}

// keysWithin returns the keys in the mapping of a top-level key, for example enabled for retry.
func keysWithin(key string) []string {
	var names []string
	for _, s := range table.Keys() {
		if top, within := s.Split(); top == key && within != "" {
			names = append(names, within)
		}
	}
	return names
}

// optionsOf returns the names of the options that a top-level key sets, without their
// packages, for example WithToken.
func optionsOf(key string) []string {
	var names []string
	for _, s := range table.Keys() {
		if top, _ := s.Split(); top != key {
			continue
		}
		for _, option := range s.Options {
			_, name, _ := strings.Cut(option, ".")
			names = append(names, name)
		}
	}
	return names
}

// choices describes the values of a key, for example "gzip, deflate or none".
func choices(key string) string {
	s, _ := table.Named(key)
	return strings.ReplaceAll(s.KeyForm(), "`", "")
}
