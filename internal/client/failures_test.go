// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// A caller that retains points learns which ones to retain, and for how long. Of five
// points, point 0 is the exporter's own.
func TestWriter_Failed_WithRetain(t *testing.T) {
	slow := status(429, "Retry-After", "7")
	for _, tt := range []struct {
		name    string
		answers []answer
		want    []uint32
		after   time.Duration
	}{
		{"accepted", []answer{status(204)}, nil, 0},
		{"refused", []answer{text(400, "no")}, nil, 0},
		{"unauthorized", []answer{status(401)}, nil, 0},
		{"unavailable", []answer{status(503)}, []uint32{1, 2, 3, 4}, 0},
		{"too many requests", []answer{slow}, []uint32{1, 2, 3, 4}, 7 * time.Second},
		{"some throttled", []answer{text(400, details(2, 3, 0, pointFault{echo(0), "Please throttle"}, pointFault{echo(2), "Please throttle"}, pointFault{echo(3), "bad"}))}, []uint32{2}, 0},
		{"halves, one of them undelivered", []answer{status(413), status(204), slow}, []uint32{2, 3, 4}, 7 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newFake(t, tt.answers...).client(apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
			var got []uint32
			o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Failed: passing(&got)})
			fill(o, 5, 0)
			r := o.Close()
			if diff := cmp.Diff(tt.want, got); diff != "" || r.RetryAfter != tt.after {
				t.Errorf("%s: after %v, want %v; points (-want +got):\n%s", tt.name, r.RetryAfter, tt.after, diff)
			}
			if r.Dropped != len(got) {
				t.Errorf("%s: %d points are dropped", tt.name, r.Dropped)
			}
		})
	}
}

func TestWriter_Failed_AfterTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got []uint32
	o := client.Of(newFake(t, status(204)).client()).NewWriter(ctx, client.WriterOptions{Failed: passing(&got)})
	fill(o, 4, 1)
	o.Close()
	if diff := cmp.Diff([]uint32{0, 2, 3}, got); diff != "" {
		t.Error(diff)
	}
}

// passing appends the sources of points that may be accepted later.
func passing(to *[]uint32) func(uint32, *client.Failure) {
	return func(source uint32, why *client.Failure) {
		if why.Temporary {
			*to = append(*to, source)
		}
	}
}

// Each source with a failed point is reported once, with the status and the reason. Of six
// points, point 0 is the exporter's own, and points 4 and 5 have the same source.
func TestWriter_Failed_NamesEachSourceOnce(t *testing.T) {
	throttled, bad := pointFault{echo(2), "Please throttle"}, pointFault{echo(3), "bad"}
	for _, tt := range []struct {
		name    string
		answers []answer
		want    string
	}{
		{"accepted", []answer{status(204)}, ""},
		{"refused", []answer{text(400, "no")}, "1: 400 refused, 2: 400 refused, 3: 400 refused, 4: 400 refused, 4: 400 refused"},
		{"refused, in numbers", []answer{text(400, details(0, 6, 0))}, "1: 400 refused, 2: 400 refused, 3: 400 refused, 4: 400 refused, 4: 400 refused"},
		{"not an ingest endpoint", []answer{text(200, "<html>")}, "1: 200 refused, 2: 200 refused, 3: 200 refused, 4: 200 refused, 4: 200 refused"},
		{"unauthorized", []answer{status(401)}, "1: 401 refused, 2: 401 refused, 3: 401 refused, 4: 401 refused, 4: 401 refused"},
		{"unavailable", []answer{status(503)}, "1: 503 may pass, 2: 503 may pass, 3: 503 may pass, 4: 503 may pass, 4: 503 may pass"},
		{"named", []answer{text(400, details(5, 1, 0, bad))}, "3: 400 by itself"},
		{"named, with success", []answer{text(200, details(5, 1, 0, bad))}, "3: 200 by itself"},
		{"two named, one transient", []answer{text(400, details(4, 2, 0, throttled, bad)), status(503)}, "3: 400 by itself, 2: 503 may pass"},
		{"two that nobody names", []answer{text(400, details(4, 2, 0))}, "1: 400 by itself, 2: 400 by itself"},
		{"more than sources that nobody names", []answer{text(400, details(1, 5, 0))}, "1: 400 by itself, 2: 400 by itself, 3: 400 by itself, 4: 400 by itself"},
		{"one named, one unnamed, one transient", []answer{text(400, details(3, 3, 0, throttled, bad)), status(204)}, "3: 400 by itself, 1: 400 by itself"},
		{"single points too large", []answer{status(413)}, "1: 413 refused, 2: 413 refused, 3: 413 refused, 4: 413 refused, 4: 413 refused"},
		{"too large, then a refused half", []answer{status(413), status(204), text(400, "no")}, "3: 400 refused, 4: 400 refused, 4: 400 refused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, tt.answers...)
			c := f.client(apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, MaxElapsedTime: time.Second}))
			var got []string
			failures := map[*client.Failure]bool{}
			o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Failed: func(source uint32, why *client.Failure) {
				failures[why] = true
				how := "refused"
				switch {
				case why.Temporary:
					how = "may pass"
				case why.Err == nil:
					how = "by itself"
				}
				got = append(got, fmt.Sprintf("%d: %d %s", source, why.StatusCode, how))
			}})
			for i, source := range []uint32{put.Uncounted, 1, 2, 3, 4, 4} {
				o.AppendPrefix(seriesOf(i), int64(1700000000+i), model.Float(float64(i)), source)
			}
			r := o.Close()
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if n := r.Rejected + r.Dropped; n < len(got) || n > len(got)+1 { // two unnamed points may have the same source
				t.Errorf("%s: %d points have failed, of %d sources", tt.name, n, len(got))
			}
			if len(failures) > len(f.all()) {
				t.Errorf("%s: %d failures of %d requests", tt.name, len(failures), len(f.all()))
			}
		})
	}
}

// A report has the status of the answer to the last request.
func TestReport_StatusCode_IsThatOfTheLastRequest(t *testing.T) {
	none := answer{}
	for _, tt := range []struct {
		name    string
		answers []answer
		want    []int
	}{
		{"accepted", []answer{status(204)}, []int{204, 204}},
		{"accepted at last", []answer{status(503), none, status(204)}, []int{204, 204}},
		{"one is refused", []answer{status(400), status(204)}, []int{400, 204}},
		{"no answer", []answer{none}, []int{0, 0}},
		{"no answer at last", []answer{status(503), none}, []int{0, 0}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: func(c *call) (answer, error) {
				a := tt.answers[min(c.n, len(tt.answers)-1)]
				if a.code == 0 {
					return a, errors.New("reset")
				}
				return a, nil
			}}
			var got []int
			o := client.Of(f.client(apptuitclient.WithMaxBatchPoints(2))).NewWriter(t.Context(), client.WriterOptions{
				Batch: func(r client.Report) { got = append(got, r.StatusCode) },
			})
			fill(o, 4)
			o.Close()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		})
	}
}
