// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// pointFault is an entry of a put answer: a point and the reason of its failure.
type pointFault struct {
	Datapoint any    `json:"datapoint"`
	Error     string `json:"error"`
}

// details returns a put answer that names points.
func details(success, failed, timeouts int, faults ...pointFault) string {
	text, err := json.Marshal(map[string]any{"success": success, "failed": failed, "timeouts": timeouts, "errors": faults})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// echo returns test point i as a server quotes it.
func echo(i int) map[string]any {
	return map[string]any{
		"metric": "m", "timestamp": 1700000000 + i, "value": fmt.Sprint(i), "tags": map[string]string{"i": fmt.Sprint(i)},
	}
}

// changed returns an echo with one member replaced.
func changed(echo map[string]any, key string, value any) map[string]any {
	echo[key] = value
	return echo
}

// listed returns the numbers of the test points that an error lists.
func listed(t *testing.T, e *apptuitclient.SendError) []int {
	t.Helper()
	var numbers []int
	for i := range e.Errors {
		p := &e.Errors[i]
		numbers = append(numbers, int(p.Point.Value))
		if diff := cmp.Diff(numbered(int(p.Point.Value)), p.Point); diff != "" {
			t.Errorf("the point is not shown as it was sent: %s", diff)
		}
	}
	return sorted(numbers)
}

// Answers to five points that name some of them.
func TestClient_Send_MatchesEchoedPoints(t *testing.T) {
	const reason = "Unknown metric"
	for _, tt := range []struct {
		name   string
		faults []pointFault
		failed int // according to the counts of the answer
		listed []int
	}{
		{"as sent", []pointFault{{echo(1), reason}}, 1, []int{1}},
		{"shuffled", []pointFault{{echo(4), reason}, {echo(0), reason}, {echo(2), reason}}, 3, []int{0, 2, 4}},
		{"a number as a value", []pointFault{{changed(echo(1), "value", 1), reason}}, 1, []int{1}},
		{"the value as a float", []pointFault{{changed(echo(1), "value", 1.0), reason}}, 1, []int{1}},
		{"a float as text", []pointFault{{changed(echo(1), "value", "1.0"), reason}}, 1, []int{1}},
		{"the value with an exponent", []pointFault{{changed(echo(1), "value", "1e0"), reason}}, 1, []int{1}},
		{"a timestamp as text", []pointFault{{changed(echo(1), "timestamp", "1700000001"), reason}}, 1, []int{1}},
		{"more members", []pointFault{{changed(echo(1), "tsuid", nil), reason}}, 1, []int{1}},
		{"all of them", []pointFault{{echo(0), reason}, {echo(1), reason}, {echo(2), reason}, {echo(3), reason}, {echo(4), reason}}, 5, []int{0, 1, 2, 3, 4}},

		{"null", []pointFault{{nil, reason}}, 1, nil},
		{"text", []pointFault{{"m", reason}}, 1, nil},
		{"another value", []pointFault{{changed(echo(1), "value", "2"), reason}}, 1, nil},
		{"another timestamp", []pointFault{{changed(echo(1), "timestamp", 5), reason}}, 1, nil},
		{"another metric", []pointFault{{changed(echo(1), "metric", "n"), reason}}, 1, nil},
		{"more tags", []pointFault{{changed(echo(1), "tags", map[string]string{"i": "1", "j": "2"}), reason}}, 1, nil},
		{"no tags", []pointFault{{changed(echo(1), "tags", nil), reason}}, 1, nil},
		{"NaN", []pointFault{{changed(echo(1), "value", "NaN"), reason}}, 1, nil},
		{"fewer named than counted", []pointFault{{echo(1), reason}}, 3, []int{1}},
		{"an echo of an unknown point", []pointFault{{echo(1), reason}, {echo(77), reason}}, 2, []int{1}},
		{"the same twice", []pointFault{{echo(1), reason}, {echo(1), reason}}, 2, []int{1}},
		{"more named than counted", []pointFault{{echo(1), reason}, {echo(2), reason}}, 1, []int{1, 2}},
	} {
		for _, code := range []int{http.StatusBadRequest, http.StatusOK} {
			t.Run(fmt.Sprint(tt.name, code), func(t *testing.T) {
				f := newFake(t, text(code, details(5-tt.failed, tt.failed, 0, tt.faults...)))
				err := f.client().Send(t.Context(), numberedPoints(5))
				failed := max(tt.failed, len(tt.listed))
				e := counted(t, err, 5-failed, failed)
				if diff := cmp.Diff(tt.listed, listed(t, e)); diff != "" {
					t.Error(diff)
				}
				if len(f.all()) != 1 || e.StatusCode != code || apptuitclient.Retryable(err) {
					t.Errorf("%d requests, status %d, may be sent again: %v", len(f.all()), e.StatusCode, apptuitclient.Retryable(err))
				}
				if len(tt.listed) > 0 {
					contains(t, err, reason)
				}
				if failed > len(tt.listed) {
					contains(t, err, fmt.Sprintf("%d not named", failed-len(tt.listed)))
				}
			})
		}
	}
}

// Points of one series with the same timestamp are distinguished by their values.
func TestClient_Send_MatchesEchoesByValue(t *testing.T) {
	points := numberedPoints(1)
	for _, v := range []float64{1.5, 1.5, 2.5, math.MaxFloat64} {
		p := numbered(0)
		p.Value = v
		points = append(points, p)
	}
	f := newFake(t, text(http.StatusBadRequest, details(2, 3, 0,
		pointFault{changed(echo(0), "value", "1.7976931348623157E308"), "large"},
		pointFault{changed(echo(0), "value", "1.5"), "first"},
		pointFault{changed(echo(0), "value", "1.5"), "second"},
	)))
	e := counted(t, f.client().Send(t.Context(), points), 2, 3)
	var got []string
	for _, p := range e.Errors {
		got = append(got, fmt.Sprint(p.Point.Value, " ", p.Reason))
	}
	if diff := cmp.Diff([]string{"1.5 first", "1.5 second", "1.7976931348623157e+308 large"}, got); diff != "" {
		t.Error(diff)
	}
}

// A point whose tags need escapes is found, however the server escapes them.
func TestClient_Send_MatchesEchoesWithEscapes(t *testing.T) {
	s, c := newServer(t)
	var points []apptuitclient.DataPoint
	for i, value := range []string{`a"b\c`, "a\nb", "日本 é", "<&>\u2028", "\x00\x7f", "a\xffb", `","value":1}`} {
		p := numbered(i)
		p.Tags["v"] = value
		points = append(points, p)
	}
	s.Fail(apptuittest.Reject(func(apptuittest.Point) string { return "no" }))
	e := counted(t, c.Send(t.Context(), points), 0, len(points))
	if len(e.Errors) != len(points) {
		t.Errorf("%d of %d points are named: %v", len(e.Errors), len(points), e)
	}
}

// Points with a transient reason are sent again, and only these; the others are final.
func TestClient_Send_ResendsPointsWithTransientErrors(t *testing.T) {
	for _, reason := range []string{
		"Please throttle", "Timeout exception", "Write timedout", "Storage exception: RegionServer is gone", "Unexpected exception",
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t,
				text(http.StatusBadRequest, details(2, 3, 0, pointFault{echo(3), reason}, pointFault{echo(1), "bad"}, pointFault{echo(0), reason})),
				text(http.StatusBadRequest, details(1, 1, 0, pointFault{echo(3), reason})),
				status(http.StatusNoContent),
			)
			e := counted(t, f.client().Send(t.Context(), numberedPoints(5)), 4, 1)
			if diff := cmp.Diff([]int{1}, listed(t, e)); diff != "" {
				t.Errorf("%s: %s", reason, diff)
			}
			if apptuitclient.Retryable(e) {
				t.Error("what is left may be sent again")
			}
			var got [][]int
			for _, c := range f.all() {
				got = append(got, c.numbers(t))
			}
			if diff := cmp.Diff([][]int{{0, 1, 2, 3, 4}, {0, 3}, {3}}, got); diff != "" {
				t.Errorf("%s: sent %s", reason, diff)
			}
			if f.all()[1].at.Equal(f.all()[0].at) {
				t.Error("sent again at once")
			}
		})
	}
}

func TestClient_Send_GivesUpOnLastingTransientErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttled, late := pointFault{echo(3), "Please throttle"}, pointFault{echo(1), "Write timedout"}
		f := newFake(t, text(http.StatusBadRequest, details(3, 1, 1, throttled, late)), text(http.StatusBadRequest, details(0, 1, 1, throttled, late)))
		err := f.client().Send(t.Context(), numberedPoints(5))
		e := counted(t, err, 3, 2)
		if !apptuitclient.Retryable(err) || e.StatusCode != http.StatusBadRequest || len(e.Errors) != 0 {
			t.Errorf("may be sent again: %v, %d listed: %v", apptuitclient.Retryable(err), len(e.Errors), err)
		}
		contains(t, err, "gave up after", "Write timedout")
	})
}

// Points that are not named are refused for good, also beside transient ones.
func TestClient_Send_RejectsUnnamedPointsBesideTransientErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t,
			text(http.StatusBadRequest, details(2, 3, 0, pointFault{echo(3), "Please throttle"}, pointFault{nil, "Please throttle"}, pointFault{echo(0), "bad"})),
			status(http.StatusNoContent),
		)
		e := counted(t, f.client().Send(t.Context(), numberedPoints(5)), 3, 2)
		contains(t, e, "1 not named", "m{i=0} at 1700000000: bad")
		if len(f.all()) != 2 || len(f.all()[1].numbers(t)) != 1 {
			t.Errorf("%d requests", len(f.all()))
		}
	})
}

func TestClient_Send_CountsSyncTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		defer s.Close()
		c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), apptuitclient.WithSync(time.Second))
		s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
			if p.Tags["i"] < "5" {
				return "Write timedout"
			}
			return ""
		}))
		if err := c.Send(t.Context(), numberedPoints(10)); err != nil {
			t.Error(err)
		}
		if requests := s.Requests(); len(requests) != 2 || requests[1].Points != 5 || s.Total() != 10 {
			t.Errorf("%d requests, %d points", len(requests), s.Total())
		}
	})
}

// The error reports exactly the points that the server has refused, for any subset of a
// batch.
func TestClient_Send_MatchesRandomSubsetsOfEchoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		n := 1 + random.IntN(60)
		var faults []pointFault
		var want []int
		for i := range n {
			if random.IntN(3) == 0 {
				faults = append(faults, pointFault{echo(i), "bad"})
				want = append(want, i)
			}
		}
		random.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
		f := newFake(t, text(http.StatusBadRequest, details(n-len(faults), len(faults), 0, faults...)))
		err := f.client().Send(t.Context(), numberedPoints(n))
		if len(want) == 0 {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if diff := cmp.Diff(want, listed(t, counted(t, err, n-len(want), len(want)))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSendError_ListsABoundedNumberOfPoints(t *testing.T) {
	var faults []pointFault
	for i := range 2500 {
		faults = append(faults, pointFault{echo(i), fmt.Sprintf("reason %d %s", i%7, strings.Repeat("x", 300))})
	}
	f := newFake(t, text(http.StatusBadRequest, details(500, 2500, 0, faults...)))
	err := f.client().Send(t.Context(), numberedPoints(3000))
	e := counted(t, err, 500, 2500)
	if len(e.Errors) != 1000 {
		t.Errorf("%d points are listed", len(e.Errors))
	}
	if len(err.Error()) > 3000 {
		t.Errorf("a text of %d bytes", len(err.Error()))
	}
	contains(t, err, "; and 2 more reasons", " (143 points, the first m{i=0})")
}
