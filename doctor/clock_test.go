// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"net/http"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestClock_ComparesWithTheDateHeader(t *testing.T) {
	f := func(name string, header http.Header, status string, texts ...string) {
		t.Run(name, func(t *testing.T) {
			newServer(t).Fail(apptuittest.Fault{Header: header})
			doctor(t).has(t, status, "clock", texts...)
		})
	}
	dated := func(d time.Duration) http.Header {
		return http.Header{"Date": {time.Now().Add(d).UTC().Format(http.TimeFormat)}}
	}
	f("the same", nil, "ok", "agrees with the server's clock within")
	f("a few seconds behind", dated(-3*time.Second), "ok", "behind this clock")
	f("half a minute behind", dated(-30*time.Second), "warning", "behind this clock", "NTP")
	f("far behind", dated(-time.Hour), "failed", "behind this clock", "NTP")
	f("far ahead", dated(48*time.Hour), "failed", "ahead of this clock")
	f("no date", http.Header{"Date": {"yesterday"}}, "ok", "not compared")
	f("from a cache", http.Header{"Date": dated(-time.Hour)["Date"], "Age": {"3600"}}, "ok", "from a cache")
}

// A Date header is cut to whole seconds, and was written at some time during the round trip.
func TestSkew_IsBoundedByTheRoundTrip(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		date        time.Time
		begun, took time.Duration // after noon
		away        time.Duration
		text        string
	}{
		"the same":                        {noon, 300 * time.Millisecond, 100 * time.Millisecond, 0, "agrees with the server's clock within 700ms"},
		"within the round trip":           {noon, -20 * time.Second, 30 * time.Second, 0, "agrees with the server's clock within 21s"},
		"within the second":               {noon, time.Second, 0, 0, "agrees with the server's clock within 1s"},
		"the server is ahead":             {noon.Add(10 * time.Second), 0, time.Second, 9 * time.Second, "the server's clock is 9s to 11s ahead of this clock"},
		"the server is behind":            {noon.Add(-10 * time.Second), 0, time.Second, 9 * time.Second, "the server's clock is 9s to 11s behind this clock"},
		"a slow answer widens the bounds": {noon.Add(10 * time.Second), 0, 8 * time.Second, 2 * time.Second, "the server's clock is 2s to 11s ahead of this clock"},
	} {
		begun := noon.Add(c.begun)
		least, most := skew(c.date, begun, begun.Add(c.took))
		if got := distanceFromZero(least, most); got != c.away {
			t.Errorf("%s: %v apart, want %v", name, got, c.away)
		}
		if got := describeSkew(least, most); got != c.text {
			t.Errorf("%s: %q, want %q", name, got, c.text)
		}
	}
}
