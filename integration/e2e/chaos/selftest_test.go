// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

func pointOf(name string, value float64) servers.Point {
	return servers.Point{Metric: name, Tags: map[string]string{"k": "v"}, Time: 1000, Value: value}
}

// The ledger has the points a, b and c, and an invalid point.
func TestLedger_ReconcileFindsDiscrepancies(t *testing.T) {
	a, b, c := pointOf("a", 1), pointOf("b", 2), pointOf("c", 3)
	sound := statistics{produced: 4, accepted: 2, rejected: 1, dropped: 1}
	usual := func(l *ledger) {
		l.note(a.Key(), accepted)
		l.note(b.Key(), unclear)
		l.note(b.Key(), accepted)
	}
	now := time.Now()
	f := func(name string, note func(*ledger), stored []servers.Point, said statistics, windows []window, want account, complaint string) {
		t.Helper()
		l := newLedger()
		l.export([]servers.Point{a, b, c}, 1, false)
		note(l)
		got, faults := l.reconcile(stored, &said, 0, windows)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(account{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if complaint == "" && len(faults) > 0 || complaint != "" && !strings.Contains(strings.Join(faults, "\n"), complaint) {
			t.Errorf("%s: faults %q, want %q", name, faults, complaint)
		}
	}
	f("sound", usual, []servers.Point{a, b}, sound, nil, account{points: 4, stored: 2, rejected: 1, dropped: 1}, "")
	f("sent twice", usual, []servers.Point{a, b, b}, sound, nil, account{points: 4, stored: 2, rejected: 1, dropped: 1, duplicated: 1}, "")
	f("reported as dropped, but stored", func(l *ledger) { usual(l); l.note(c.Key(), unclear) }, []servers.Point{a, b, c}, sound, nil,
		account{points: 4, stored: 3, rejected: 1, dropped: 1, both: 1}, "")
	f("forgotten", usual, []servers.Point{a}, sound, []window{{now, now.Add(time.Hour)}},
		account{points: 4, stored: 1, rejected: 1, dropped: 1, forgotten: 1}, "")

	f("lost", usual, []servers.Point{a}, sound, []window{{now.Add(-time.Hour), now}},
		account{points: 4, stored: 1, rejected: 1, dropped: 1, lost: 1}, "accepted by the server, but not stored: b")
	f("a dropped point that is not reported", usual, []servers.Point{a, b}, statistics{produced: 4, accepted: 2, rejected: 1}, nil,
		account{points: 4, stored: 2, rejected: 1, lost: 1}, "does not add up")
	f("a dropped point that is reported twice", usual, []servers.Point{a, b}, statistics{produced: 4, accepted: 2, rejected: 1, dropped: 2}, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 2, lost: -1}, "does not add up")
	f("stored twice after one request", usual, []servers.Point{a, a, b}, sound, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1, duplicated: 1}, "stored 2 times, by 1 requests that were accepted")
	f("sent again after it was accepted", func(l *ledger) { usual(l); l.note(a.Key(), accepted) }, []servers.Point{a, b}, sound, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "sent again after it was accepted: a")
	f("another value", usual, []servers.Point{a, pointOf("b", 7)}, sound, nil, account{points: 4, stored: 2, rejected: 1, dropped: 1}, "stored as 7, recorded as 2")
	f("stored, but never recorded", usual, []servers.Point{a, b, pointOf("d", 7)}, sound, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "stored, but never recorded: d")
	f("sent, but never recorded", func(l *ledger) { usual(l); l.note("d", unclear) }, []servers.Point{a, b}, sound, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "sent, but never recorded: d")
	f("reported as accepted without an answer", usual, []servers.Point{a, b}, statistics{produced: 4, accepted: 3, rejected: 1, dropped: 1}, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "confirmed 2 points, and 3 are reported")
	f("left in the spool", usual, []servers.Point{a, b}, statistics{produced: 4, accepted: 2, rejected: 1, dropped: 1, left: 1}, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "1 points are still in the spool")
	f("a point that the exporter has not produced", usual, []servers.Point{a, b}, statistics{produced: 3, accepted: 2, rejected: 1, dropped: 1}, nil,
		account{points: 4, stored: 2, rejected: 1, dropped: 1}, "the ledger has 4 points, and the exporter has produced 3")
}

func TestStatistics_AddFindsSumsThatAreWrong(t *testing.T) {
	f := func(e exporter.Stats, s apptuitclient.SpoolStats, want statistics) {
		t.Helper()
		var got statistics
		got.left = 1
		got.add(e, s)
		for i := range got.faults {
			got.faults[i], _, _ = strings.Cut(got.faults[i], ":")
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(statistics{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	e := exporter.Stats{Produced: 10, Accepted: 4, Rejected: 1, Spooled: 3, Dropped: 2}
	s := apptuitclient.SpoolStats{Points: 1, Found: 1, Spooled: 3, Replayed: 1, Rejected: 1, Dropped: 1}
	sound := statistics{produced: 10, accepted: 5, rejected: 2, dropped: 3, spooled: 3, left: 1}
	f(e, s, sound)
	found := s
	found.Found, found.Points = 2, 2
	want := sound
	want.left, want.faults = 2, []string{"2 points were found in the spool, where 1 were left"}
	f(e, found, want)
	s.Spooled = 4
	want = sound
	want.faults = []string{"the spool's statistics do not add up"}
	f(e, s, want)
	s.Spooled, e.Produced = 3, 11
	want.produced, want.faults = 11, []string{"the exporter's statistics do not add up"}
	f(e, s, want)
}

// Each request has the points a and b.
func TestTap_JudgesThePointsOfEachAnswer(t *testing.T) {
	const sent = `[{"metric":"a","tags":{"k":"v"},"timestamp":1,"value":1},{"metric":"b","tags":{"k":"v"},"timestamp":1,"value":2}]`
	f := func(want string, status int, body string, read bool) {
		t.Helper()
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(body))
		}))
		defer s.Close()
		l := newLedger()
		l.export([]servers.Point{pointOf("a", 1), pointOf("b", 2)}, 0, false)
		client := &http.Client{Transport: &tap{base: &http.Transport{DisableKeepAlives: true}, ledger: l}}
		response, err := client.Post(s.URL, "application/json", strings.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		if read {
			for p := make([]byte, 7); err == nil; { // to the end
				_, err = response.Body.Read(p)
			}
		}
		response.Body.Close()
		got := ""
		for _, name := range []string{"a", "b"} {
			p := pointOf(name, 0)
			e := l.entries[p.Key()]
			switch [2]int{e.accepted, e.unclear} {
			case [2]int{0, 0}:
				got += "refused "
			case [2]int{1, 0}:
				got += "accepted "
			case [2]int{0, 1}:
				got += "unclear "
			default:
				got += "? "
			}
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%d %s: %s, want %s", status, body, got, want)
		}
	}
	const details = `{"success":1,"failed":1,"errors":[{"datapoint":{"metric":"a","timestamp":1,"value":"1","tags":{"k":"v"}},"error":"no"}]}`
	f("accepted accepted", 204, "", true)
	f("accepted accepted", 200, " \n", true)
	f("accepted accepted", 200, `{"success":2,"failed":0,"errors":[]}`, true)
	f("unclear unclear", 200, `{"success":2,"failed":0,"errors":[]}`, false)
	f("refused accepted", 400, details, true)
	f("refused accepted", 200, details, true)
	f("unclear unclear", 200, `{"success":1,"failed":1}`, true)
	f("unclear unclear", 200, "<html>", true)
	f("unclear unclear", 500, "", true)
	f("unclear unclear", 502, "", true)
	f("unclear unclear", 504, "", true)
	for _, status := range []int{301, 400, 401, 404, 413, 429, 503} {
		f("refused refused", status, "", true)
	}
	l := newLedger()
	l.export([]servers.Point{pointOf("a", 1), pointOf("b", 2)}, 0, false)
	nobody := &http.Client{Transport: &tap{base: &http.Transport{}, ledger: l}}
	if response, err := nobody.Post("http://"+servers.FreeAddr(t), "application/json", strings.NewReader(sent)); err == nil {
		response.Body.Close()
		t.Error("a server answers at the free address")
	}
	for key, e := range l.entries {
		if e.accepted+e.unclear > 0 {
			t.Errorf("%s counts as sent to an address without a listener: %+v", key, e)
		}
	}
}
