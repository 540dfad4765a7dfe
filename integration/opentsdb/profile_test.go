// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

func profile() apptuitclient.Option { return apptuitclient.WithServer(apptuitclient.ServerOpenTSDB) }

// OpenTSDB refuses special characters, and still stores each point of a program without a service name,
// with routes, addresses and blanks in its attributes.
func TestProfile_EveryKindIsStored(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	judge := apptuittest.NewServer()
	t.Cleanup(judge.Close)
	attributes := []attribute.KeyValue{attribute.String("http.route", "/users/{id} all"), attribute.String("peer", "db:5432")}
	stored := map[string]string{
		"/users/{id} all": "/users/_id__all", "db:5432": "db_5432",
		"unknown_service:opentsdb.test": "unknown_service_opentsdb.test",
	}
	for name, layout := range map[string]exporter.Option{
		"default":          exporter.WithLayout(exporter.LayoutDefault),
		"reporter":         exporter.WithLayout(exporter.LayoutReporter),
		"both forms":       exporter.WithHistograms(exporter.HistogramsBoth),
		"Prometheus names": exporter.WithPrometheusNames(),
	} {
		t.Run(name, func(t *testing.T) {
			prefix := shared.unique("profile")
			// Five attributes, the service, the host and le are the 8 tags that OpenTSDB takes.
			options := []exporter.Option{exporter.WithPrefix(prefix), exporter.WithoutScopeTags(), layout}
			ours := newExporter(t, o.Endpoint(), append(options, exporter.WithClientOptions(profile()))...)
			theirs := newExporter(t, judge.URL, options...)
			p := newProgram(t, resource.Default(), ours.Temporality, attributes...)
			p.exportTwice(t, ours, theirs)
			want := received(judge)
			for _, p := range want {
				for key, value := range p.Tags {
					if other, ok := stored[value]; ok {
						p.Tags[key] = other
					}
				}
				if bound, err := strconv.ParseFloat(p.Tags["le"], 64); err == nil {
					p.Tags["le"] = strings.Trim(strconv.FormatFloat(bound, 'f', -1, 64), "+")
				}
			}
			if s := ours.Stats(); s.Accepted != s.Produced || s.Accepted != uint64(len(want)) {
				t.Errorf("stats %+v, want %d points accepted", s, len(want))
			}
			stores(t, o, prefix, want)
		})
	}
}

// Values that the rule for tag values does not change are stored unchanged. Other values are stored as the
// rule rewrites them.
func TestProfile_RewritesTagValues(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	at := time.Now().Truncate(time.Second)
	prefix := shared.unique("values")
	var sent []apptuitclient.DataPoint
	var want []servers.Point
	for i, v := range []string{
		"plain", "a-b_c.d/e", "Köln", "ñandú", "ÿ", "ªºµ", "Inf", "-Inf", "NaN", "1e-05", "1e300", "-", ".", "/", "_",
		"+Inf", "1e+06", "1.7976931348623157e+308", "日本", "東京", "α", "İ", "ǅ", "\u0870", "𝒜", "😀", "e\u0301", "a b", " ", "*", "a=b,c;d",
		`"quoted"`, `back\slash\`, "new\nline", "nul\x00", "\xff", strings.Repeat("long/", 1000),
	} {
		metric := fmt.Sprint(prefix, i)
		sent = append(sent, apptuitclient.DataPoint{Metric: metric, Tags: map[string]string{"v": v}, Timestamp: at, Value: 1})
		want = append(want, servers.Point{Metric: metric, Tags: map[string]string{"v": encoding.TagValuesOpenTSDB.Value(v)}, Time: at.UnixMilli(), Value: 1})
	}
	if err := newClient(t, o, profile()).Send(within(t, time.Minute), sent); err != nil {
		t.Fatal(err)
	}
	stores(t, o, prefix, want)
}

// OpenTSDB accepts letters of all scripts, but confuses two values that differ only in letters of other
// scripts than the Latin script: it refuses the second value permanently.
func TestTagValues_OfOtherScriptsAreConfused(t *testing.T) {
	t.Parallel()
	o := shared.start(t, nil) // the names in its cache are no longer those that are stored
	at := time.Now()
	send := func(value string) error {
		c := newClient(t, o, apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
		return c.Send(within(t, time.Minute), []apptuitclient.DataPoint{{
			Metric: shared.unique("scripts"), Tags: map[string]string{"v": value}, Timestamp: at, Value: 1,
		}})
	}
	if err := send("кот"); err != nil {
		t.Fatal(err)
	}
	if err := send("пёс"); err == nil || !strings.Contains(err.Error(), "Unexpected exception") {
		t.Errorf("error %v, want an unexpected exception", err)
	}
}

// The client rejects a point with nine tags, and names the limit and the option. Other points are stored.
// With a larger limit on both sides, the point with nine tags is stored, too.
func TestProfile_RejectsAPointWithNineTags(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	at := time.Now().Truncate(time.Second)
	metric := shared.unique("ninetags")
	eight, nine := tagged(metric, 8, at), tagged(metric, 9, at)
	err := newClient(t, o, profile()).Send(within(t, time.Minute), []apptuitclient.DataPoint{nine, eight})
	reasons := refused(t, err, 2)
	if len(reasons) != 1 || !errors.Is(err, encoding.ErrTooManyTags) ||
		!strings.Contains(reasons[0], "at most 8 tags, not 9") || !strings.Contains(reasons[0], "WithMaxTags") {
		t.Errorf("refused %q", reasons)
	}
	want := []servers.Point{{Metric: metric, Tags: eight.Tags, Time: at.UnixMilli(), Value: 1}}
	stores(t, o, metric, want)
	more := shared.start(t, map[string]string{"tsd.storage.max_tags": "12"})
	if err := newClient(t, more, profile(), apptuitclient.WithMaxTags(12)).Send(within(t, time.Minute), []apptuitclient.DataPoint{nine}); err != nil {
		t.Error(err)
	}
	stores(t, more, metric, append(want, servers.Point{Metric: metric, Tags: nine.Tags, Time: at.UnixMilli(), Value: 1}))
}

// The first batches of the profile are small enough for the limit of OpenTSDB, which accepts bodies of
// 8,192 bytes by default.
func TestProfile_BeginsWithSmallBatches(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	w := &wire{}
	c := newClient(t, o, w.client(), profile())
	for range 2 {
		var sent []apptuitclient.DataPoint
		var want []servers.Point
		metric, at := shared.unique("batches"), time.Now().Truncate(time.Second)
		for i := range 1500 {
			tags := map[string]string{"series": fmt.Sprint(i), "host": "web1.example", "service_name": "shop", "http_route": "/users", "http_request_method": "GET"}
			sent = append(sent, apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: at, Value: float64(i)})
			want = append(want, servers.Point{Metric: metric, Tags: tags, Time: at.UnixMilli(), Value: float64(i)})
		}
		if err := c.Send(within(t, time.Minute), sent); err != nil {
			t.Fatal(err)
		}
		if outcomes := w.take(); outcomes["400"] > 1 || outcomes["closed"] > 0 || outcomes["200"] == 0 {
			t.Errorf("requests %v, want at most one that is too large", outcomes)
		}
		stores(t, o, metric, want)
	}
}
