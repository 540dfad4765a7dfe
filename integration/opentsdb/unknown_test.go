// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// Points with names that OpenTSDB does not know, and may not assign a UID to, are rejected, with the same
// reason for all three kinds of names. The client does not send them again.
func TestSend_RejectsUnknownNames(t *testing.T) {
	t.Parallel()
	known := shared.opentsdb(t)
	o := shared.start(t, map[string]string{
		"tsd.core.auto_create_metrics": "false", // OpenTSDB's default
		"tsd.core.auto_create_tagks":   "false",
		"tsd.core.auto_create_tagvs":   "false",
	})
	at := time.Now().Truncate(time.Second)
	metric := shared.unique("known")
	if a, err := known.Put(t, "sync", array(line(metric, at, "0.0", `"host":"a"`)), nil); err != nil || a.Status != http.StatusNoContent {
		t.Fatalf("answer %d %s: %v", a.Status, a.Body, err)
	}
	point := func(metric, key, value string) apptuitclient.DataPoint {
		return apptuitclient.DataPoint{Metric: metric, Tags: map[string]string{key: value}, Timestamp: at, Value: 1}
	}
	w := &wire{}
	err := newClient(t, o, w.client()).Send(within(t, time.Minute), []apptuitclient.DataPoint{
		point("unknown", "host", "a"), point(metric, "host", "a"), point(metric, "unknownkey", "a"), point(metric, "host", "unknownvalue"),
	})
	want := []string{metric + `{"host"="unknownvalue"}: Unknown metric`, metric + `{"unknownkey"="a"}: Unknown metric`, `unknown{"host"="a"}: Unknown metric`}
	if diff := cmp.Diff(want, refused(t, err, 4)); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"400": 1}, w.take()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	stores(t, known, metric, []servers.Point{{Metric: metric, Tags: map[string]string{"host": "a"}, Time: at.UnixMilli(), Value: 1}})
	if names := o.Metrics(t, "unknown"); len(names) > 0 {
		t.Errorf("metrics %q", names)
	}
}

// In read-only mode there is no /api/put. A 404 rejects the points, and the error names the address that
// answered.
func TestSend_ReportsReadOnlyMode(t *testing.T) {
	t.Parallel()
	o := shared.start(t, map[string]string{"tsd.mode": "ro"})
	tags := map[string]string{"host": "a"}
	err := newClient(t, o).Send(within(t, time.Minute), []apptuitclient.DataPoint{{Metric: "readonly", Tags: tags, Timestamp: time.Now(), Value: 1}})
	t.Log(err)
	var status *apptuitclient.StatusError
	if !asStatus(err, &status) || status.StatusCode != http.StatusNotFound {
		t.Errorf("error %v, want a status 404", err)
	}
}

// Tag values are sent unchanged. OpenTSDB refuses most characters other than letters and digits, unless
// tsd.core.tag.allow_specialchars lists them.
func TestSend_RejectsSpecialCharacters(t *testing.T) {
	t.Parallel()
	values := []string{"plain", "a-b_c.d/e", "Köln", "+Inf", "1e+06", "host:80", "/users/{id}", "a b", "unknown_service:program"}
	// special has the values with characters that require the property, and the first such character.
	special := map[string]string{"+Inf": "+", "1e+06": "+", "host:80": ":", "/users/{id}": "{", "a b": " ", "unknown_service:program": ":"}
	at := time.Now().Truncate(time.Second)
	for name, allowed := range map[string]string{"default": "", "special": "+:{}\\u0020"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := shared.opentsdb(t)
			if allowed != "" {
				o = shared.start(t, map[string]string{"tsd.core.tag.allow_specialchars": allowed})
			}
			metric := shared.unique("tagvalues")
			var sent []apptuitclient.DataPoint
			var want []servers.Point
			var reasons []string
			for _, v := range values {
				p := servers.Point{Metric: metric, Tags: map[string]string{"v": v}, Time: at.UnixMilli(), Value: 1}
				sent = append(sent, apptuitclient.DataPoint{Metric: metric, Tags: p.Tags, Timestamp: at, Value: 1})
				if c, ok := special[v]; ok && allowed == "" {
					reason := fmt.Sprintf(`%s: Invalid tag value with key [v] ("%s"): illegal character: %s`, p.Series(), v, c)
					reasons = append(reasons, strings.TrimRight(reason, " "))
				} else {
					want = append(want, p)
				}
			}
			err := newClient(t, o).Send(within(t, time.Minute), sent)
			if reasons == nil && err != nil {
				t.Error(err)
			}
			if reasons != nil {
				slices.Sort(reasons)
				if diff := cmp.Diff(reasons, refused(t, err, len(sent))); diff != "" {
					t.Errorf("refused (-want +got):\n%s", diff)
				}
			}
			stores(t, o, metric, want)
		})
	}
}

// OpenTSDB accepts 8 tags, or the number of tsd.storage.max_tags.
func TestSend_RejectsTooManyTags(t *testing.T) {
	t.Parallel()
	at := time.Now().Truncate(time.Second)
	for _, most := range []int{8, 25} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			o := shared.opentsdb(t)
			if most != 8 {
				o = shared.start(t, map[string]string{"tsd.storage.max_tags": fmt.Sprint(most)})
			}
			metric := shared.unique("tagcount")
			good, bad := tagged(metric, most, at), tagged(metric, 9, at)
			if most == 8 {
				err := newClient(t, o).Send(within(t, time.Minute), []apptuitclient.DataPoint{good, bad})
				p := servers.Point{Metric: metric, Tags: bad.Tags}
				want := p.Series() + ": Too many tags: 9 maximum allowed: 8, tags: {key" // in any order
				if reasons := refused(t, err, 2); len(reasons) != 1 || !strings.HasPrefix(reasons[0], want) {
					t.Errorf("refused %q, want %q…", reasons, want)
				}
			} else if err := newClient(t, o).Send(within(t, time.Minute), []apptuitclient.DataPoint{good}); err != nil {
				t.Error(err)
			}
			stores(t, o, metric, []servers.Point{{Metric: metric, Tags: good.Tags, Time: at.UnixMilli(), Value: 1}})
		})
	}
}
