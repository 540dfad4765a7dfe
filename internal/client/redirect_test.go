// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func redirect(code int, location string) apptuittest.Fault {
	return apptuittest.Fault{Status: code, Header: http.Header{"Location": {location}}}
}

func TestRedirect_ToTheSameServerIsFollowed(t *testing.T) {
	for _, code := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, absolute := range []bool{false, true} {
			s, c := newServer(t, apptuitclient.WithToken("secret"), withoutRetry())
			location := "/api/put/?details&again"
			if absolute {
				location = s.URL + location
			}
			s.Fail(redirect(code, location), redirect(code, location))
			if err := c.Send(t.Context(), numberedPoints(5)); err != nil {
				t.Fatalf("%d to %s: %v", code, location, err)
			}
			requests := s.Requests()
			if len(requests) != 3 || s.Total() != 5 {
				t.Fatalf("%d to %s: %d requests, %d points", code, location, len(requests), s.Total())
			}
			last := requests[2]
			if last.Method != http.MethodPost || last.ContentLength != last.BodyBytes || last.Encoding != "gzip" ||
				last.Header.Get("Authorization") != "Bearer secret" || !last.Query.Has("again") {
				t.Errorf("%d to %s: then %+v", code, location, last)
			}
		}
	}
}

func TestRedirect_OthersAreRefused(t *testing.T) {
	other := apptuittest.NewServer()
	defer other.Close()
	s, c := newServer(t, apptuitclient.WithToken("secret"))
	elsewhere := other.URL + "/api/put"
	for _, tt := range []struct {
		name     string
		code     int
		location string
		want     string
	}{
		{"moved", 301, elsewhere, elsewhere},
		{"found", 302, elsewhere, elsewhere},
		{"see other", 303, elsewhere, elsewhere},
		{"temporary, to another port", 307, elsewhere, elsewhere},
		{"permanent, to another port", 308, elsewhere, elsewhere},
		{"to another scheme", 307, strings.Replace(s.URL, "http:", "https:", 1), "https://127.0.0.1"},
		{"to another name of the host", 308, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), "http://localhost"},
		{"moved, to the same server", 301, "/login", "redirects to /login"},
		{"found, at the same server", 302, s.URL + "/login?next=%2Fapi%2Fput#top", "redirects to " + s.URL + "/login?…"},
		{"several choices", 300, elsewhere, elsewhere},
		{"a proxy", 305, elsewhere, elsewhere},
		{"with a password", 302, "https://me:pw@elsewhere.test/", "redirects to https://elsewhere.test/"},
		{"nowhere", 302, "", "the Location header is missing"},
		{"temporarily nowhere", 307, "", "the Location header is missing"},
		{"not modified", 304, "", "the Location header is missing"},
		{"to no URL", 300, "http://[::1", "redirects to an address that is not a URL"},
		{"very far", 302, "/" + strings.Repeat("far", 10_000), "farfar"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.Reset()
			s.Fail(redirect(tt.code, tt.location))
			err := c.Send(t.Context(), numberedPoints(2))
			e := counted(t, err, 0, 2)
			if e.StatusCode != tt.code || apptuitclient.Retryable(err) || len(s.Requests()) != 1 {
				t.Errorf("status %d, may be sent again: %v, %d requests", e.StatusCode, apptuitclient.Retryable(err), len(s.Requests()))
			}
			contains(t, err, tt.want)
			if strings.Contains(err.Error(), "pw") || len(err.Error()) > 500 {
				t.Errorf("too much is said: %v", err)
			}
		})
	}
	if n := len(other.Requests()); n != 0 {
		t.Errorf("%d requests went elsewhere, with the token", n)
	}
}

func TestRedirect_LoopsEnd(t *testing.T) {
	s, c := newServer(t)
	loop := redirect(http.StatusTemporaryRedirect, "/api/put?details")
	loop.Times = 100
	s.Fail(loop)
	err := c.Send(t.Context(), numberedPoints(2))
	counted(t, err, 0, 2)
	contains(t, err, "status 307", "redirects to /api/put?…")
	if n := len(s.Requests()); n > 5 {
		t.Errorf("%d requests", n)
	}
}

// The CheckRedirect function of the program's client, which follows all redirects, is not
// used.
func TestRedirect_IgnoresCheckRedirectOfTheGivenClient(t *testing.T) {
	other := httptest.NewServer(apptuittest.NewHandler())
	defer other.Close()
	followed := false
	s, c := newServer(t, apptuitclient.WithHTTPClient(&http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { followed = true; return nil },
	}))
	s.Fail(redirect(http.StatusFound, other.URL))
	contains(t, c.Send(t.Context(), numberedPoints(2)), "redirects to "+other.URL)
	if followed {
		t.Error("its CheckRedirect has been asked")
	}
}

// Different spellings of one origin are treated as the same.
func TestRedirect_NormalizesTheOrigin(t *testing.T) {
	for location, follow := range map[string]bool{
		"https://Fake.Test/api/put/":     true,
		"https://fake.test:443/api/put/": true,
		"http://fake.test/api/put/":      false,
		"https://fake.test:444/api/put/": false,
		"https://fake.test./api/put/":    false,
	} {
		f := newFake(t, status(http.StatusPermanentRedirect, "Location", location), status(http.StatusNoContent))
		if err := f.client().Send(t.Context(), numberedPoints(1)); (err == nil) != follow {
			t.Errorf("%s: %v", location, err)
		}
	}
}

func TestRedirect_ToAnInvalidURL(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		f := newFake(t, status(code, "Location", "http://[nowhere"))
		err := f.client().Send(t.Context(), numberedPoints(1))
		if counted(t, err, 0, 1); len(f.all()) != 1 || apptuitclient.Retryable(err) {
			t.Errorf("%d: %d requests, %v", code, len(f.all()), err)
		}
	}
}
