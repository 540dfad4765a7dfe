// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"

	"github.com/apptuitai/apptuit-go/exporter"
)

func TestEffect_WarnsAboutSettingsWithoutEffect(t *testing.T) {
	newServer(t)
	for name, c := range map[string]struct {
		environment    map[string]string
		check, because string // "" if the setting has an effect
	}{
		"timers without the reporter layout":      {map[string]string{"APPTUIT_TIMERS": "all"}, "timers", "only the reporter layout uses it"},
		"a unit without the reporter layout":      {map[string]string{"APPTUIT_DURATION_UNIT": "ms", "APPTUIT_LAYOUT": "default"}, "duration_unit", "only the reporter layout uses it"},
		"meters without the reporter layout":      {map[string]string{"APPTUIT_METERS": "yes"}, "meters", "only the reporter layout uses it"},
		"no meters without the reporter layout":   {map[string]string{"APPTUIT_METERS": "no"}, "meters", ""},
		"meters by name without that layout":      {map[string]string{"APPTUIT_METERS": "http.*"}, "meters", "only the reporter layout uses it"},
		"timers in the reporter layout":           {map[string]string{"APPTUIT_TIMERS": "all", "APPTUIT_LAYOUT": "Reporter"}, "timers", ""},
		"start points in the reporter layout":     {map[string]string{"APPTUIT_START_POINTS": "yes", "APPTUIT_LAYOUT": "reporter"}, "start_points", "the reporter layout has no start points"},
		"histograms in the reporter layout":       {map[string]string{"APPTUIT_HISTOGRAMS": "both", "APPTUIT_LAYOUT": "reporter"}, "histograms", "the reporter layout sends other statistics of histograms"},
		"quantiles in the reporter layout":        {map[string]string{"APPTUIT_QUANTILES": "0.5", "APPTUIT_LAYOUT": "reporter"}, "quantiles", "the reporter layout sends other statistics of histograms"},
		"sparse buckets in the reporter layout":   {map[string]string{"APPTUIT_SPARSE_BUCKETS": "yes", "APPTUIT_LAYOUT": "reporter"}, "sparse_buckets", "the reporter layout sends other statistics of histograms"},
		"quantiles":                               {map[string]string{"APPTUIT_QUANTILES": "0.5"}, "quantiles", ""},
		"quantiles of histograms as buckets":      {map[string]string{"APPTUIT_QUANTILES": "0.5", "APPTUIT_HISTOGRAMS": "buckets"}, "quantiles", "histograms are sent as buckets"},
		"sparse buckets without buckets":          {map[string]string{"APPTUIT_SPARSE_BUCKETS": "yes", "APPTUIT_HISTOGRAMS": "quantiles"}, "sparse_buckets", "histograms are sent as quantiles"},
		"the size of a spool that does not exist": {map[string]string{"APPTUIT_SPOOL_MAX_BYTES": "1GiB"}, "spool.max_bytes", "there is no spool"},
		"the age of a spool":                      {map[string]string{"APPTUIT_SPOOL_MAX_AGE": "1h", "APPTUIT_SPOOL_DIR": t.TempDir()}, "spool.max_age", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.environment {
				t.Setenv(k, v)
			}
			o := doctor(t, WithoutProbe())
			if c.because == "" {
				o.lacksStatus(t, Warning, c.check)
				return
			}
			o.has(t, "warning", c.check, "has no effect: "+c.because, "Remove it, or set APPTUIT_")
			o.lacksStatus(t, Warning, "configuration") // the exporter's warning about the same variable
		})
	}
	t.Run("options of the program decide", func(t *testing.T) {
		t.Setenv("APPTUIT_TIMERS", "all")
		o := doctor(t, WithoutProbe(), WithExporterOptions(exporter.WithLayout(exporter.LayoutReporter)))
		o.lacksStatus(t, Warning, "timers")
		doctor(t, WithoutProbe(), WithExporterOptions(exporter.WithLayout(exporter.LayoutDefault))).
			has(t, "warning", "timers", "APPTUIT_TIMERS has no effect: only the reporter layout uses it")
		doctor(t, WithoutProbe(), WithExporterOptions(exporter.WithLayout(exporter.LayoutDefault)), WithSource("layout", "--layout", "default")).
			has(t, "warning", "timers", "has no effect")
	})
	t.Run("options that do not decide", func(t *testing.T) {
		t.Setenv("APPTUIT_TIMERS", "all")
		t.Setenv("APPTUIT_QUANTILES", "0.5")
		o := doctor(t, WithoutProbe(), WithExporterOptions(exporter.WithPrefix("a."), exporter.WithHistograms(exporter.HistogramsBuckets)))
		o.has(t, "warning", "timers", "APPTUIT_TIMERS has no effect: only the reporter layout uses it", "or WithLayout in the program")
		o.has(t, "warning", "quantiles", "APPTUIT_QUANTILES has no effect: histograms are sent as buckets")
		o.lacksStatus(t, Warning, "configuration")
	})
	t.Run("options of a program with a fault", func(t *testing.T) {
		t.Setenv("APPTUIT_TIMERS", "all")
		o := doctor(t, WithoutProbe(), WithExporterOptions(exporter.WithTimeout(-1)))
		o.lacksStatus(t, Warning, "timers") // the layout is not known
	})
}
