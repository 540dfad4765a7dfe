// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestParseHeaders(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                                     {},
		" , ":                                  {},
		"x-a=b":                                {"X-A": "b"},
		" x-a = b , X-D=e,":                    {"X-A": "b", "X-D": "e"},
		"x-a=b%20c%2Cd%3D%25":                  {"X-A": "b c,d=%"},
		"x-a=%20b%20":                          {"X-A": "b"},
		"x-a=b+c":                              {"X-A": "b+c"},
		"x-a=":                                 {"X-A": ""},
		"x-a=b=c==":                            {"X-A": "b=c=="},
		"authorization=Basic dTp0MGs=":         {"Authorization": "Basic dTp0MGs="},
		"authorization=Bearer%20t0k,x-scope=1": {"Authorization": "Bearer t0k", "X-Scope": "1"},
		"cookie=a=b;c=d":                       {"Cookie": "a=b;c=d"},
		"x-a=\"b\",x-d=ü":                      {"X-A": "\"b\"", "X-D": "ü"},
	} {
		got, err := client.ParseHeaders(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"t0ken":                      "header 1 has no equals sign: want name=value,name=value",
		"a=b,t0ken":                  "header 2 has no equals sign: want name=value,name=value",
		"a=b,,c=t0ken%":              "header 3: the value is not percent-encoded",
		"a=t0ken%zz":                 "header 1: the value is not percent-encoded",
		"=t0ken":                     "header 1: the name is empty",
		"t0 ken=b":                   "header 1: the name contains a character that is not allowed",
		"a%20=t0ken,b c=d":           "header 2: the name contains a character that is not allowed",
		"a=t0ken%0d%0aX-B:%20b":      "header 1: the value contains a control character",
		"x-a=t0ken, b=c, X-A=5ecret": "header 3 has the name of an earlier one",
	} {
		if got, err := client.ParseHeaders(text); err == nil || err.Error() != want || got != nil {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}

// WithHeaders replaces the headers of a variable. An Authorization header of the variable is
// overridden by options for credentials, and excludes their variables.
func TestEnvironment_Headers(t *testing.T) {
	const header = "authorization=Custom%20t0ken,x-a=b"
	token := func(s *client.Settings) { s.GiveToken("WithToken", "option") }
	for name, tt := range map[string]struct {
		text string
		env  map[string]string
		set  func(*client.Settings)
		want map[string]string // Authorization and X-A of a request
		err  []string
	}{
		"alone":                     {text: header, want: map[string]string{"Authorization": "Custom t0ken", "X-A": "b"}},
		"empty":                     {env: map[string]string{"APPTUIT_API_TOKEN": "env"}, want: map[string]string{"Authorization": "Bearer env"}},
		"an option for headers":     {text: header, set: func(s *client.Settings) { s.SetHeaders("WithHeaders", map[string]string{"X-A": "c"}) }, want: map[string]string{"X-A": "c"}},
		"an option without headers": {text: header, set: func(s *client.Settings) { s.SetHeaders("WithHeaders", map[string]string{}) }, want: map[string]string{}},
		"an option that is nil":     {text: header, set: func(s *client.Settings) { s.SetHeaders("WithHeaders", nil) }, want: map[string]string{"Authorization": "Custom t0ken", "X-A": "b"}},
		"a token":                   {text: header, set: token, want: map[string]string{"Authorization": "Bearer option", "X-A": "b"}},
		"a user":                    {text: header, set: func(s *client.Settings) { token(s); s.SetUser("WithUserID", "u") }, want: map[string]string{"Authorization": "Basic dTpvcHRpb24=", "X-A": "b"}},
		"a user without a token":    {text: header, set: func(s *client.Settings) { s.SetUser("WithUserID", "u") }, err: []string{"a token is needed with a user id"}},
		"a token and its variable": {
			text: header, set: token, env: map[string]string{"APPTUIT_API_TOKEN": "env", "APPTUIT_API_TOKEN_FILE": "none"},
			want: map[string]string{"Authorization": "Bearer option", "X-A": "b"},
		},
		"no Authorization": {text: "x-a=b", env: map[string]string{"APPTUIT_API_TOKEN": "env"}, want: map[string]string{"Authorization": "Bearer env", "X-A": "b"}},
		"variables": {
			text: header, env: map[string]string{"APPTUIT_API_TOKEN": "5ecret", "APPTUIT_API_TOKEN_FILE": "none", "APPTUIT_USER_ID": "u", "APPTUIT_PY_TOKEN": "5ecret"},
			err: []string{
				"APPTUIT_HEADERS: Authorization and APPTUIT_API_TOKEN exclude each other: use one of them",
				"APPTUIT_HEADERS: Authorization and APPTUIT_API_TOKEN_FILE exclude each other: use one of them",
				"APPTUIT_HEADERS: Authorization and APPTUIT_USER_ID exclude each other: use one of them",
				"APPTUIT_HEADERS: Authorization and APPTUIT_PY_TOKEN exclude each other: use one of them",
			},
		},
		"no pair":                {text: "5ecret", err: []string{"APPTUIT_HEADERS: header 1 has no equals sign"}},
		"a header of the client": {text: "user-agent=5ecret", err: []string{"APPTUIT_HEADERS: User-Agent is set by the client"}},
		"both are not valid":     {text: "host=5ecret", set: func(s *client.Settings) { s.SetHeaders("WithHeaders", map[string]string{"Host": "5ecret"}) }, err: []string{"WithHeaders: Host is set by the client"}},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			f := newFake(t, text(http.StatusOK, "{}"))
			s := client.NewSettings()
			s.SetEndpoint("WithEndpoint", "https://fake.test")
			s.Connection.HTTPClient = &http.Client{Transport: f}
			if tt.set != nil {
				tt.set(s)
			}
			if tt.text != "" {
				s.AddHeaders("APPTUIT_HEADERS", tt.text)
			}
			c, err := client.New(s)
			if tt.err != nil {
				contains(t, err, tt.err...)
				if n := strings.Count(err.Error(), "\n"); n != len(tt.err)-1 {
					t.Errorf("%d faults, want %d: %v", n+1, len(tt.err), err)
				}
				silent(t, name, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Read(t.Context(), client.Question{Path: "/", Form: "q", Timeout: time.Minute, MaxBytes: 10}, func(io.Reader) error { return nil }); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{"Authorization": f.all()[0].Header.Get("Authorization"), "X-A": f.all()[0].Header.Get("X-A")}
			maps.DeleteFunc(got, func(_, v string) bool { return v == "" })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
