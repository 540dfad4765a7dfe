// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// small is a server that accepts at most n points per request, if check accepts them.
func small(t testing.TB, n int, refusal answer, taken *[]int) *fake {
	t.Helper()
	return &fake{t: t, answer: func(c *call) (answer, error) {
		numbers := c.numbers(t)
		if len(numbers) > n {
			return refusal, nil
		}
		*taken = append(*taken, numbers...)
		return status(http.StatusNoContent), nil
	}}
}

func TestClient_Send_SplitsAfter413(t *testing.T) {
	for name, refusal := range map[string]answer{
		"413":                status(http.StatusRequestEntityTooLarge),
		"413 with HTML":      text(http.StatusRequestEntityTooLarge, "<html>413 Request Entity Too Large</html>"),
		"OpenTSDB's refusal": text(http.StatusBadRequest, `{"error":{"code":400,"message":"Chunked request not supported.","details":"…"}}`),
		"the same as text":   text(http.StatusBadRequest, "Chunked request not supported."),
	} {
		for _, limit := range []int{1, 3, 20, 39} {
			var taken []int
			f := small(t, limit, refusal, &taken)
			if err := f.client(withoutRetry()).Send(t.Context(), numberedPoints(40)); err != nil {
				t.Errorf("%s, %d at once: %v", name, limit, err)
			}
			var want []int
			for i := range 40 {
				want = append(want, i)
			}
			if diff := cmp.Diff(want, taken); diff != "" { // each point once, and in order
				t.Errorf("%s, %d at once: %s", name, limit, diff)
			}
		}
	}
}

func TestClient_Send_SplitsDownToSinglePoints(t *testing.T) {
	f := newFake(t, status(http.StatusRequestEntityTooLarge))
	err := f.client().Send(t.Context(), numberedPoints(7))
	e := counted(t, err, 0, 7)
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6}, listed(t, e)); diff != "" {
		t.Error(diff)
	}
	if n := len(f.all()); n != 13 { // a binary tree with 7 leaves
		t.Errorf("%d requests", n)
	}
	if e.StatusCode != http.StatusRequestEntityTooLarge || apptuitclient.Retryable(err) {
		t.Errorf("status %d, may be sent again: %v", e.StatusCode, apptuitclient.Retryable(err))
	}
	contains(t, err, "0 points sent, 7 failed with status 413: too large for the server by itself", "server answered 413")
}

func TestClient_Send_RejectsOneLargePoint(t *testing.T) {
	f := &fake{t: t, answer: func(c *call) (answer, error) {
		if strings.Contains(c.text, strings.Repeat("x", 1000)) {
			return status(http.StatusRequestEntityTooLarge), nil
		}
		return status(http.StatusNoContent), nil
	}}
	points := numberedPoints(50)
	points[17].Tags["large"] = strings.Repeat("x", 1000)
	e := counted(t, f.client().Send(t.Context(), points), 49, 1)
	if len(e.Errors) != 1 || e.Errors[0].Point.Value != 17 {
		t.Errorf("listed: %v", e.Errors)
	}
	if n := len(e.Error()); n > 700 {
		t.Errorf("a text of %d bytes: %v", n, e)
	}
}

// If one half of a batch is refused for another reason, or retried, the account of the
// other half does not change.
func TestClient_Send_CountsSplitPartsIndependently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken []int
		tries := map[string]int{}
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			numbers := c.numbers(t)
			key := fmt.Sprint(numbers)
			tries[key]++
			switch {
			case len(numbers) > 5:
				return status(http.StatusRequestEntityTooLarge), nil
			case tries[key] == 1:
				return status(http.StatusServiceUnavailable), nil
			case numbers[0] == 5:
				return text(http.StatusBadRequest, "not these"), nil
			case numbers[0] == 10:
				return text(http.StatusBadRequest, details(4, 1, 0, pointFault{echo(12), "not this"})), nil
			}
			taken = append(taken, numbers...)
			return status(http.StatusNoContent), nil
		}}
		e := counted(t, f.client().Send(t.Context(), numberedPoints(20)), 14, 6)
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 15, 16, 17, 18, 19}, taken); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int{12}, listed(t, e)); diff != "" {
			t.Error(diff)
		}
		contains(t, e, "with status 400: ", "not these", "m{i=12} at 1700000012: not this")
	})
}

// The points with transient errors may again be too many for one request.
func TestClient_Send_SplitsResentPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t,
			text(http.StatusBadRequest, details(2, 3, 0, pointFault{echo(1), "Please throttle"}, pointFault{echo(2), "Please throttle"}, pointFault{echo(4), "Please throttle"})),
			status(http.StatusRequestEntityTooLarge),
			status(http.StatusNoContent),
		)
		if err := f.client().Send(t.Context(), numberedPoints(5)); err != nil {
			t.Error(err)
		}
		var got [][]int
		for _, c := range f.all() {
			got = append(got, c.numbers(t))
		}
		if diff := cmp.Diff([][]int{{0, 1, 2, 3, 4}, {1, 2, 4}, {1}, {2, 4}}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// The list of refused single points is limited.
func TestClient_Send_ListsABoundedNumberOfOversizedPoints(t *testing.T) {
	f := &fake{t: t, answer: func(c *call) (answer, error) {
		if numbers := c.numbers(t); len(numbers) == 1 && numbers[0] == 0 {
			return status(http.StatusNoContent), nil
		}
		return status(http.StatusRequestEntityTooLarge), nil
	}}
	var batch *apptuitclient.SendError
	o := client.Of(f.client(apptuitclient.WithCompression(apptuitclient.CompressionNone))).NewWriter(t.Context(),
		client.WriterOptions{Batch: func(r client.Report) { batch = sendErrorOf(t, r.Err) }})
	fill(o, 1101)
	all := sendErrorOf(t, o.Close().Err)
	for _, e := range []*apptuitclient.SendError{batch, all} {
		if counted(t, e, 1, 1100); len(e.Errors) != 1000 {
			t.Errorf("%d points are listed", len(e.Errors))
		}
	}
}

// If a server accepts no single point, its limit is not about size, and the client does not
// try each point.
func TestClient_Send_StopsSplittingIfNothingIsAccepted(t *testing.T) {
	f := newFake(t, status(http.StatusRequestEntityTooLarge))
	err := f.client().Send(t.Context(), numberedPoints(10_000))
	counted(t, err, 0, 10_000)
	contains(t, err, "the server called 16 single points too large and accepted none", "413")
	if n := len(f.all()); n > 100 {
		t.Errorf("%d requests", n)
	}
}
