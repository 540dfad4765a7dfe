// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// observed is what a request shows of a client's settings.
type observed struct {
	values    map[string]string // of the tags
	timestamp string
	coding    string
	tooMany   string // the limit in the error of a point with 30 tags; empty if it was sent
	first     int    // points of the first request of many
}

func observeProfile(t *testing.T, opts ...apptuitclient.Option) observed {
	t.Helper()
	f := newFake(t, status(http.StatusNoContent))
	c := newClient(t, append([]apptuitclient.Option{apptuitclient.WithHTTPClient(&http.Client{Transport: f})}, opts...)...)
	at := time.UnixMilli(1700000000999)
	point := apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"le": "+Inf", "path": `C:\`, "time": "noon"}, Timestamp: at, Value: 1}
	if err := c.Send(t.Context(), []apptuitclient.DataPoint{point}); err != nil {
		t.Fatal(err)
	}
	sent := f.all()[0].points(t)[0]
	o := observed{values: sent.Tags, timestamp: string(sent.Timestamp), coding: f.all()[0].Header.Get("Content-Encoding")}
	point.Tags = map[string]string{}
	for i := range 30 {
		point.Tags[fmt.Sprintf("k%02d", i)] = "v"
	}
	if err := c.Send(t.Context(), []apptuitclient.DataPoint{point}); err != nil {
		if !errors.Is(err, encoding.ErrTooManyTags) {
			t.Errorf("error %v, want too many tags", err)
		}
		_, limit, _ := strings.Cut(err.Error(), "a point has at most ")
		o.tooMany, _, _ = strings.Cut(limit, " tags, not 30 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)")
	}
	before := len(f.all())
	if err := c.Send(t.Context(), numberedPoints(50_001)); err != nil {
		t.Fatal(err)
	}
	o.first = strings.Count(f.all()[before].text, `{"metric":`) // decoding 50,000 points takes long with -race
	return o
}

func TestServer_SelectsDefaults(t *testing.T) {
	asIs := map[string]string{"le": "+Inf", "path": `C:\`, "time": "noon"}
	openTSDB := map[string]string{"le": "Inf", "path": "C__", "time": "noon"}
	influxDB := map[string]string{"le": "+Inf", "path": "C:_", "exported_time": "noon"}
	const seconds, milliseconds = "1700000000", "1700000000999"
	const small = 2000 // more points than the first batches of OpenTSDB have
	generic := observed{asIs, seconds, "gzip", "25", 50_000}
	endpoint, token := apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithToken("t")
	server := func(s apptuitclient.Server) []apptuitclient.Option {
		return []apptuitclient.Option{endpoint, apptuitclient.WithServer(s)}
	}
	for name, tt := range map[string]struct {
		env  map[string]string
		opts []apptuitclient.Option
		want observed
	}{
		"default endpoint": {nil, []apptuitclient.Option{token}, generic},
		"another endpoint": {nil, []apptuitclient.Option{endpoint}, generic},
		"an empty name":    {map[string]string{"APPTUIT_SERVER": ""}, []apptuitclient.Option{endpoint}, generic},
		"apptuit":          {nil, server(apptuitclient.ServerApptuit), generic},
		"opentsdb":         {nil, server(apptuitclient.ServerOpenTSDB), observed{openTSDB, seconds, "gzip", "8", small}},
		"victoriametrics":  {nil, server(apptuitclient.ServerVictoriaMetrics), observed{asIs, milliseconds, "gzip", "25", 50_000}},
		"influxdb":         {nil, server(apptuitclient.ServerInfluxDB), observed{influxDB, seconds, "gzip", "25", 50_000}},
		"generic":          {nil, server(apptuitclient.ServerGeneric), generic},

		"the variable":                 {map[string]string{"APPTUIT_SERVER": "InfluxDB"}, []apptuitclient.Option{endpoint}, observed{influxDB, seconds, "gzip", "25", 50_000}},
		"the option over the variable": {map[string]string{"APPTUIT_SERVER": "influxdb"}, server(apptuitclient.ServerVictoriaMetrics), observed{asIs, milliseconds, "gzip", "25", 50_000}},
		"no environment":               {map[string]string{"APPTUIT_SERVER": "influxdb"}, []apptuitclient.Option{endpoint, apptuitclient.WithoutEnvironment()}, generic},
		"variables over the profile": {
			map[string]string{"APPTUIT_TAG_VALUES": "any", "APPTUIT_MAX_TAGS": "30", "APPTUIT_TIMESTAMP_RESOLUTION": "MS", "APPTUIT_COMPRESSION": "deflate"},
			server(apptuitclient.ServerOpenTSDB),
			observed{asIs, milliseconds, "deflate", "", small},
		},
		"options over variables": {
			map[string]string{"APPTUIT_TAG_VALUES": "any", "APPTUIT_MAX_TAGS": "30", "APPTUIT_TIMESTAMP_RESOLUTION": "ms", "APPTUIT_COMPRESSION": "deflate"},
			append(server(apptuitclient.ServerVictoriaMetrics), apptuitclient.WithTagValueRule(encoding.TagValuesInfluxDB), apptuitclient.WithMaxTags(29),
				apptuitclient.WithTimestampResolution(time.Second), apptuitclient.WithCompression(apptuitclient.CompressionNone), apptuitclient.WithMaxBatchPoints(20_000)),
			observed{influxDB, seconds, "", "29", 20_000},
		},
		"options after each other": {nil, append(server(apptuitclient.ServerOpenTSDB), apptuitclient.WithServer(apptuitclient.ServerGeneric)), generic},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			got := observeProfile(t, tt.opts...)
			if tt.want.first == small && got.first < small {
				got.first = small
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(observed{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Global tags and those of encoded names are rewritten as well, after they are joined, and
// values that were not empty never become so.
func TestServer_RewritesTagsOfAllSources(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent))
	c := f.client(apptuitclient.WithServer(apptuitclient.ServerInfluxDB), apptuitclient.WithEncodedNames(),
		apptuitclient.WithTags(map[string]string{"global": `g\`, "time": "global"}))
	at := time.Unix(1700000000, 0)
	err := c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{
		{Metric: `m{"time": "noon", "named": "n\\"}`, Tags: map[string]string{"a.b": `x\`, "a-b": "y", "global": ""}, Samples: []apptuitclient.Sample{{Timestamp: at, Value: 1}}},
		{Metric: "n", Tags: map[string]string{"only": `\`}, Samples: []apptuitclient.Sample{{Timestamp: at, Value: 2}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []sentPoint{
		{Metric: "m", Tags: map[string]string{"exported_time": "noon", "named": "n_", "a_b": `y;x_`}, Timestamp: "1700000000", Value: "1.0"},
		{Metric: "n", Tags: map[string]string{"only": "_", "global": "g_", "exported_time": "global"}, Timestamp: "1700000000", Value: "2.0"},
	}
	if diff := cmp.Diff(want, f.all()[0].points(t)); diff != "" {
		t.Error(diff)
	}
}

// A partial write is recognized for servers that report it in this way. For other servers the
// text says nothing about points, so they are sent again.
func TestServer_RecognizesPartialWrites(t *testing.T) {
	for _, p := range client.Profiles() {
		t.Run(p.Server.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, text(500, "partial write: points beyond retention policy dropped=1"), status(204))
				c := f.client(apptuitclient.WithServer(apptuitclient.Server(p.Server)))
				err := c.Send(t.Context(), numberedPoints(3))
				if want := p.Server == client.InfluxDB || p.Server == client.Generic; want != p.PartialWrites {
					t.Errorf("the profile has %v", p.PartialWrites)
				}
				if p.PartialWrites {
					counted(t, err, 2, 1)
				} else if err != nil || len(f.all()) != 2 {
					t.Errorf("%d requests: %v", len(f.all()), err)
				}
			})
		})
	}
}

// Without WithServer, the profile of the default endpoint is Apptuit's, which has no partial
// writes. Any other endpoint has the generic profile, see TestGuaranteesPage_HasTheAnswers.
func TestServer_IsApptuitAtTheDefaultEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, text(500, "partial write: points beyond retention policy dropped=1"), status(204))
		c := newClient(t, apptuitclient.WithHTTPClient(&http.Client{Transport: f}), apptuitclient.WithToken("t"))
		if err := c.Send(t.Context(), numberedPoints(3)); err != nil || len(f.all()) != 2 {
			t.Errorf("%d requests: %v", len(f.all()), err)
		}
	})
}

// A request is split if the answer calls it too large by a phrase of this server or of any
// HTTP server. A phrase of another server is a reason to reject the points.
func TestServer_RecognizesRefusalsOfSize(t *testing.T) {
	texts := map[string][]client.Server{
		"Chunked request not supported.":                               {client.Apptuit, client.OpenTSDB, client.Generic},
		"too big HTTP OpenTSDB request; mustn't exceed 33554432 bytes": {client.VictoriaMetrics, client.Generic},
		"cannot read: too big data size exceeding 33554432 bytes":      {client.VictoriaMetrics, client.Generic},
		"http: request body too large":                                 {client.Apptuit, client.OpenTSDB, client.VictoriaMetrics, client.InfluxDB, client.Generic},
		"Payload Too Large: 5 MB":                                      {client.Apptuit, client.OpenTSDB, client.VictoriaMetrics, client.InfluxDB, client.Generic},
	}
	for refusal, servers := range texts {
		for s := range client.Generic + 1 {
			t.Run(s.String()+" "+refusal, func(t *testing.T) {
				f := newFake(t, text(400, refusal), status(204), status(204))
				err := f.client(apptuitclient.WithServer(apptuitclient.Server(s))).Send(t.Context(), numberedPoints(2))
				if slices.Contains(servers, s) {
					if err != nil || len(f.all()) != 3 {
						t.Errorf("%d requests: %v", len(f.all()), err)
					}
				} else {
					counted(t, err, 0, 2)
				}
			})
		}
	}
}

func TestParseServer(t *testing.T) {
	for s := apptuitclient.ServerApptuit; s <= apptuitclient.ServerGeneric; s++ {
		if got, err := apptuitclient.ParseServer(strings.ToUpper(s.String())); got != s || err != nil {
			t.Errorf("%v is %v, %v", s, got, err)
		}
	}
	if got, err := apptuitclient.ParseServer("mysql"); err == nil {
		t.Errorf("mysql is %v", got)
	}
	if s := apptuitclient.Server(7).String(); s != "Server(7)" {
		t.Error(s)
	}
}

// docs/servers.md contains the table of the profiles.
func TestServersPage_HasTheProfiles(t *testing.T) {
	checkTable(t, "../../docs/servers.md", profileTable())
}

func profileTable() string {
	rows := [][]string{
		{""},
		{"tag values (`WithTagValueRule`)"},
		{"limit of tags of a point (`WithMaxTags`)"},
		{"limit of points in a request (`WithMaxBatchPoints`)"},
		{"limit of the text of a request, before compression (`WithMaxBatchBytes`)"},
		{"compressions, the default first (`WithCompression`)"},
		{"timestamps, the default first (`WithTimestampResolution`)"},
		{"after a status of 500 with `partial write: … dropped=N`"},
		{"texts of a 400 that mean that the request is too large; the batch is split"},
		{"two values of a series at one timestamp"},
	}
	partialWrite := map[bool]string{true: "N points are rejected, the others accepted", false: "the batch is sent again"}
	secondValue := map[client.Server]string{
		client.Apptuit: "not known", client.OpenTSDB: "the second one stays, or queries fail, see below",
		client.VictoriaMetrics: "both stay, unless deduplicated", client.InfluxDB: "the second one stays", client.Generic: "not known",
	}
	for _, p := range client.Profiles() {
		size := fmt.Sprintf("%d MiB", p.Batch.Bytes>>20)
		if p.FirstBytes > 0 {
			size = fmt.Sprintf("from %d KiB, doubled up to %s", p.FirstBytes>>10, size)
		}
		var resolutions []string
		for _, d := range p.Resolutions {
			resolutions = append(resolutions, client.ResolutionName(d))
		}
		var tooLarge []string
		for _, phrase := range p.TooLarge {
			if strings.HasPrefix(phrase, "chunked") || strings.HasPrefix(phrase, "too big http") {
				tooLarge = append(tooLarge, phrase)
			}
		}
		for i, cell := range []string{
			"`" + p.Server.String() + "`", "`" + p.TagValues.String() + "`", fmt.Sprint(p.MaxTags), fmt.Sprint(p.Batch.Points), size,
			names(p.Compressions), strings.Join(resolutions, ", "), partialWrite[p.PartialWrites], strings.Join(tooLarge, ", "), secondValue[p.Server],
		} {
			rows[i] = append(rows[i], cell)
		}
	}
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

func names(compressions []put.Encoding) string {
	var all []string
	for _, c := range compressions {
		all = append(all, c.String())
	}
	return strings.Join(all, ", ")
}
