// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"
)

// The key server selects the rule for tag values, the limit of tags and the resolution of
// timestamps. The keys for these override it. Without it, tag values are not rewritten.
func TestServer(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"by default": {func(*Config) {}, []string{
			`n{peer=db:5432\,service_name=a b,time=noon,zone=e 1} 1700000000 1.0`,
			`h_bucket{le=+Inf,service_name=a b,zone=e 1} 1700000000 3`,
		}},
		"opentsdb": {func(cfg *Config) { cfg.Server = "OpenTSDB" }, []string{
			"n{peer=db_5432_,service_name=a_b,time=noon,zone=e_1} 1700000000 1.0",
			"h_bucket{le=1000000,service_name=a_b,zone=e_1} 1700000000 1", "h_bucket{le=Inf,service_name=a_b,zone=e_1} 1700000000 3",
		}},
		"influxdb": {func(cfg *Config) { cfg.Server = "influxdb" }, []string{
			"n{exported_time=noon,peer=db:5432_,service_name=a b,zone=e 1} 1700000000 1.0",
		}},
		"victoriametrics": {func(cfg *Config) { cfg.Server = "victoriametrics" }, []string{
			`n{peer=db:5432\,service_name=a b,time=noon,zone=e 1} 1700000000000 1.0`,
		}},
		"keys over the server": {func(cfg *Config) {
			cfg.Server, cfg.TagValues, cfg.TimestampResolution = "victoriametrics", "opentsdb", "s"
		}, []string{"n{peer=db_5432_,service_name=a_b,time=noon,zone=e_1} 1700000000 1.0"}},
		"target info": {func(cfg *Config) {
			cfg.Server = "opentsdb"
			cfg.TargetInfo.GetOrInsertDefault()
		}, []string{"target_info{os_type=x_y,service_name=a_b,zone=e_1} 1700000000 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(cfg *Config) {
				cfg.Tags = map[string]string{"zone": "e 1"}
				c.change(cfg)
			})
			md := pmetric.NewMetrics()
			metrics := from(md, "service.name", "a b", "os.type", "x+y")
			gauge(metrics, "n", 1, "peer", `db:5432\`, "time", "noon")
			h := metrics.AppendEmpty()
			h.SetName("h")
			p := h.SetEmptyHistogram().DataPoints().AppendEmpty()
			p.SetTimestamp(second(1700000000))
			p.SetCount(3)
			p.ExplicitBounds().FromRaw([]float64{1e6})
			p.BucketCounts().FromRaw([]uint64{1, 2})
			r.mustPush(md)
			var lines []string
			for _, p := range r.srv.Take() {
				lines = append(lines, strings.ReplaceAll(p.String(), ", ", ","))
			}
			all := strings.Join(lines, "\n")
			for _, want := range c.want {
				if !strings.Contains(all, want) {
					t.Errorf("no point %s in\n%s", want, all)
				}
			}
		})
	}
}

// A point with more tags than the limit of the server is rejected, and no other point.
func TestServer_MaxTags(t *testing.T) {
	for limit, accepted := range map[int]int64{0: 1, 9: 2} {
		r := newRig(t, func(cfg *Config) { cfg.Server, cfg.MaxTags = "opentsdb", limit })
		md := pmetric.NewMetrics()
		gauge(from(md), "m", 1, "a", "1", "b", "1", "c", "1", "d", "1", "e", "1", "f", "1", "g", "1", "h", "1")
		gauge(from(md), "few", 1)
		err := r.e.push(t.Context(), md)
		if got := r.tally(t); got.Accepted != accepted || got.Rejected != 2-accepted {
			t.Errorf("max_tags %d: %+v, %v", limit, got, err)
		}
		if limit == 0 && !strings.Contains(fmt.Sprint(err, r.lines(zapcore.WarnLevel)), "a point has at most 8 tags, not 9 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)") {
			t.Errorf("the limit is not named: %v, %q", err, r.lines(zapcore.WarnLevel))
		}
	}
}

// A compression or resolution that the server does not accept is a fault of the key server.
func TestServer_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"server: mysql":                              `server: "mysql": must be apptuit, opentsdb, victoriametrics, influxdb or generic`,
		"tag_values: none":                           `tag_values: "none": must be any, opentsdb or influxdb`,
		"max_tags: 128":                              "max_tags: 128 must be from 1 to 127",
		"max_tags: -1":                               "max_tags: -1 must be from 1 to 127",
		"timestamp_resolution: us":                   `timestamp_resolution: "us": must be s or ms`,
		"server: influxdb\ncompression: deflate":     "server: compression deflate: the server influxdb does not accept it",
		"server: influxdb\ntimestamp_resolution: ms": "server: timestamp resolution ms: the server influxdb misreads it",
	} {
		_, err := load(t, "token: t\n"+text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
