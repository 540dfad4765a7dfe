// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// faultCase is a fault of the server for the probe, and the expected finding of the doctor.
type faultCase struct {
	fault  apptuittest.Fault
	status string // of the check; the read-back follows only where it is ok
	check  string
	texts  []string
	limit  time.Duration // of the run; 0 is the default
}

func faultCases() map[string]faultCase {
	reject := func(reason string) apptuittest.Fault {
		return apptuittest.Reject(func(apptuittest.Point) string { return reason })
	}
	redirect := func(status int, to string) apptuittest.Fault {
		return apptuittest.Fault{Status: status, Header: http.Header{"Location": {to}}}
	}
	put := func(fault apptuittest.Fault, texts ...string) faultCase {
		return faultCase{fault: fault, status: "failed", check: "put", texts: texts}
	}
	fine := func(fault apptuittest.Fault) faultCase {
		return faultCase{fault: fault, status: "ok", check: "put", texts: []string{"apptuit_doctor_probe{"}}
	}
	within := func(limit time.Duration, c faultCase) faultCase {
		c.limit = limit
		return c
	}
	on := func(check string, c faultCase) faultCase {
		c.check = check
		return c
	}
	page := "<html><body>Please log in with " + theToken + "</body></html>"
	return map[string]faultCase{
		"none":                  fine(apptuittest.Fault{}),
		"late":                  fine(apptuittest.Fault{Delay: 50 * time.Millisecond}),
		"in chunks":             fine(apptuittest.Fault{Chunked: true}),
		"with a pause":          fine(apptuittest.Fault{Pause: 50 * time.Millisecond}),
		"slow reading":          fine(apptuittest.Fault{ReadPause: 100 * time.Microsecond}),
		"204, stored":           fine(apptuittest.Fault{Status: 204, Apply: true}),
		"a redirect to itself":  put(redirect(307, "/api/put?details"), "redirects"), // three times, then no more
		"another redirect":      put(redirect(302, "https://elsewhere.invalid/x?token=5ecret"), "redirects to https://elsewhere.invalid", "set it as the endpoint"),
		"a permanent redirect":  put(redirect(308, "http://elsewhere.invalid/"), "elsewhere.invalid"),
		"a page":                put(apptuittest.Fault{Body: page, ContentType: "text/html"}, "login", "not an ingest endpoint"),
		"a page of 502":         put(apptuittest.Fault{Status: 502, Body: page, ContentType: "text/html"}, "Please log in", "cannot accept points now"),
		"JSON of another kind":  put(apptuittest.Fault{Body: `{"ok":true}`, ContentType: "application/json"}, "does not come from an ingest API"),
		"400":                   put(apptuittest.Fault{Status: 400, Body: "token " + theToken + " what"}, "400", "[redacted] what"),
		"400, of a long text":   put(apptuittest.Fault{Status: 400, Body: "x", Repeat: 1 << 20}, "400"),
		"401":                   on("token", put(apptuittest.Fault{Status: 401, Times: 2}, "APPTUIT_API_TOKEN", "wrong or has expired")),
		"403":                   on("token", put(apptuittest.Status(403), "has no permission")),
		"404":                   put(apptuittest.Status(404), "host, port and path"),
		"405":                   put(apptuittest.Status(405), "host, port and path"),
		"407":                   on("proxy", put(apptuittest.Status(407), "credentials")),
		"408":                   put(apptuittest.Status(408), "cannot accept points now"),
		"413":                   put(apptuittest.Fault{Status: 413, BeforeBody: true}, "even one point as too large"),
		"418":                   put(apptuittest.Status(418), "does not accept points"),
		"429":                   put(apptuittest.TooManyRequests("7"), "fewer requests (Retry-After: 7)"),
		"429 without a time":    put(apptuittest.TooManyRequests(""), "fewer requests."),
		"500":                   put(apptuittest.Status(500), "cannot accept points now"),
		"501":                   put(apptuittest.Status(501), "does not accept points"),
		"503, but stored":       put(apptuittest.Fault{Status: 503, RetryAfter: "3", Apply: true}, "503"),
		"504":                   put(apptuittest.Status(504), "cannot accept points now"),
		"no answer":             within(time.Second, put(apptuittest.Fault{Hang: true}, "no answer", "firewall")),
		"a reset":               put(apptuittest.Fault{Reset: true}, "closed the connection"),
		"an answer cut short":   put(apptuittest.Fault{Truncate: true}, "closed the connection"),
		"a point refused":       put(reject("Unknown tag "+theToken), "the point is refused", "Unknown tag [redacted]"),
		"refused with a 200":    put(apptuittest.Fault{Status: 200, Reject: func(apptuittest.Point) string { return "No" }}, "refused", "No"),
		"a point not stored":    put(reject("Please throttle"), "Please throttle"),
		"a point timed out":     put(reject("Write timedout"), "Write timedout"),
		"acknowledged and lost": within(1500*time.Millisecond, faultCase{fault: apptuittest.Status(204), status: "failed", check: "read-back", texts: []string{"does not find", "acknowledged"}}),
	}
}

func TestRun_ExplainsEveryFaultOfTheServer(t *testing.T) {
	for name, c := range faultCases() {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			fault := c.fault
			if fault.Status == 307 {
				fault.Times = 10
			}
			s.Fail(fault)
			ctx := t.Context()
			if c.limit > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.limit)
				defer cancel()
			}
			o := doctorUntil(ctx, t)
			o.has(t, c.status, c.check, c.texts...)
			switch {
			case c.status == "ok":
				o.healthy(t)
				o.has(t, "ok", "token", "accepted by the server")
				o.has(t, "ok", "read-back", "found by Apptuit's query API")
				o.has(t, "ok", "clock")
			case c.check != "read-back":
				o.has(t, "skipped", "read-back", "put has failed")
			}
		})
	}
}

// A kind of fault that is added to apptuittest must also be added to faultCases.
func TestFaultCases_CoverAllFaults(t *testing.T) {
	used := map[string]bool{}
	for _, c := range faultCases() {
		fault := reflect.ValueOf(c.fault)
		for i := range fault.NumField() {
			if !fault.Field(i).IsZero() {
				used[fault.Type().Field(i).Name] = true
			}
		}
	}
	fault := reflect.TypeFor[apptuittest.Fault]()
	for i := range fault.NumField() {
		if name := fault.Field(i).Name; !used[name] {
			t.Errorf("no case has the fault %s", name)
		}
	}
}

func TestToken_IsAcceptedMissingOrWrong(t *testing.T) {
	t.Run("wrong", func(t *testing.T) {
		newServer(t)
		t.Setenv("APPTUIT_API_TOKEN", theToken+"5ecret")
		o := doctor(t)
		o.has(t, "failed", "token", "401", "APPTUIT_API_TOKEN is wrong")
		o.has(t, "skipped", "read-back")
	})
	t.Run("missing", func(t *testing.T) {
		newServer(t)
		t.Setenv("APPTUIT_API_TOKEN", "")
		doctor(t).has(t, "failed", "token", "none was sent", "APPTUIT_API_TOKEN_FILE")
	})
	t.Run("not required", func(t *testing.T) {
		s := apptuittest.NewServer()
		defer s.Close()
		o := doctor(t, withEndpoint(s.URL))
		o.has(t, "ok", "token", "does not require one")
		o.healthy(t)
	})
	t.Run("wrong only at the query endpoint", func(t *testing.T) {
		newServer(t)
		asked := apptuittest.NewServer(apptuittest.WithToken("another"))
		defer asked.Close()
		o := doctor(t, WithQueryEndpoint(asked.URL))
		o.has(t, "ok", "token", "accepted")
		o.has(t, "failed", "token", "401")
	})
	t.Run("with a user", func(t *testing.T) {
		s := newServer(t)
		doctor(t, withUser("me")).healthy(t)
		if got := s.Requests()[0].Header.Get("Authorization"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("Authorization %q", got)
		}
	})
	t.Run("required, without a probe", func(t *testing.T) {
		s := newServer(t)
		o := doctor(t, WithoutProbe())
		o.has(t, "ok", "token", "accepted by the server")
		o.has(t, "skipped", "put", "no probe is sent")
		o.has(t, "ok", "clock")
		if s.Total() != 0 || o.Verdict() == Failed {
			t.Errorf("%d points were sent, %s", s.Total(), o.Summary())
		}
		t.Setenv("APPTUIT_API_TOKEN", "wr0ng")
		doctor(t, WithoutProbe()).has(t, "failed", "token", "401")
	})
}
