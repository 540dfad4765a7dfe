// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// Characters that editors, shells and secret stores add around a token are removed.
func TestTokens_AreTrimmed(t *testing.T) {
	for name, text := range map[string]string{
		"as it is":                   "%s",
		"a new line":                 "%s\n",
		"a new line of Windows":      "%s\r\n",
		"white space":                " \t%s\u00a0 ",
		"a byte-order mark":          "\ufeff%s\r\n",
		"a zero-width space":         "\u200b%s\u200b",
		"all of them, several times": "\ufeff \u200b\ufeff\r\n%s\n\n\u200b \ufeff",
	} {
		text = strings.Replace(text, "%s", theToken, 1)
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for from, opt := range map[string]apptuitclient.Option{
			"option": apptuitclient.WithToken(text),
			"file":   apptuitclient.WithTokenFile(file),
			"source": apptuitclient.WithTokenSource(func(context.Context) (string, error) { return text, nil }),
			"variable": func() apptuitclient.Option {
				t.Setenv("APPTUIT_API_TOKEN", text)
				return apptuitclient.WithTags(nil)
			}(),
			"variable of a file": func() apptuitclient.Option {
				t.Setenv("APPTUIT_API_TOKEN_FILE", strings.Replace(text, theToken, file, 1))
				return apptuitclient.WithTags(nil)
			}(),
		} {
			if from == "variable of a file" {
				t.Setenv("APPTUIT_API_TOKEN", " \r\n") // counts as unset
			}
			f := newFake(t, status(204))
			send(t, f.client(opt), numbered(0))
			if got := f.all()[0].Header.Get("Authorization"); got != "Bearer "+theToken {
				t.Errorf("%s, %s: Authorization is %q", name, from, got)
			}
		}
	}
}

// The values of all variables are trimmed.
func TestVariables_AreTrimmed(t *testing.T) {
	for name, value := range map[string]string{
		"APPTUIT_ENDPOINT": "https://fake.test", "APPTUIT_USER_ID": "me", "APPTUIT_TAGS": "a: b", "APPTUIT_SANITIZE_MODE": "apptuit",
		"APPTUIT_COMPRESSION": "none", "APPTUIT_TIMEOUT": "5s", "APPTUIT_SPOOL_DIR": t.TempDir(), "APPTUIT_SPOOL_INSTANCES": "yes",
		"APPTUIT_API_TOKEN": theToken,
	} {
		t.Setenv(name, "\ufeff"+value+" \r\n")
	}
	f := newFake(t, status(204))
	c := f.client(apptuitclient.WithWarningHandler(func(err error) { t.Error(err) }))
	send(t, c, apptuitclient.DataPoint{Metric: "m.n", Timestamp: time.Unix(1700000000, 0), Value: 1})
	call := f.all()[0]
	if user, password, _ := call.BasicAuth(); user != "me" || password != theToken || call.Header.Get("Content-Encoding") != "" {
		t.Errorf("the headers are %v", call.Header)
	}
	if want := `[
{"metric":"m.n","tags":{"a":"b"},"timestamp":1700000000,"value":1.0}
]`; strings.TrimSpace(call.text) != want {
		t.Errorf("sent %s", call.text)
	}
}

func TestTokens_InQuotationMarksAreRefused(t *testing.T) {
	for _, text := range []string{`"` + theToken + `"`, "'" + theToken + "'", ` "` + theToken + `"` + "\r\n"} {
		_, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithToken(text))
		contains(t, err, "WithToken: the token is enclosed in quotation marks: remove them")
		silent(t, text[:1], err)
	}
}

// A token source that blocks delays a Send, a Close or another request only until its
// context ends.
func TestTokenSource_CannotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		c := newFake(t, status(204)).client(apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			<-hang // ignores its context
			return theToken, nil
		}))
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			e := counted(t, c.Send(ctx, numberedPoints(2)), 0, 2)
			cancel()
			if took := time.Since(start); took > time.Second || !errors.Is(e, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", took, e)
			}
		}
		done := make(chan error)
		go func() { done <- c.Send(context.Background(), numberedPoints(2)) }()
		time.Sleep(time.Second)
		start := time.Now()
		c.Close()
		if e := counted(t, <-done, 0, 2); !errors.Is(e, apptuitclient.ErrClosed) || time.Since(start) > 0 {
			t.Errorf("Close after %v: %v", time.Since(start), e)
		}
		close(hang)
	})
}

func TestTokenSource_MayPanic(t *testing.T) {
	c := newFake(t, status(204)).client(withoutRetry(), apptuitclient.WithTokenSource(func(context.Context) (string, error) { panic(theToken) }))
	e := counted(t, c.Send(t.Context(), numberedPoints(2)), 0, 2)
	contains(t, e, "token: the token source panicked")
}

// After a 403 the token source is called again as after a 401, but at most once a minute
// for each token: a gateway may answer 403 for an expired token, and a server for a token
// without permission.
func TestTokenSource_IsCalledAgainAfter403(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		var valid atomic.Bool
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if valid.Load() && c.Header.Get("Authorization") == "Bearer renewed" {
				return status(204), nil
			}
			return status(403), nil
		}}
		c := f.client(apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			asked.Add(1)
			if valid.Load() {
				return "renewed", nil
			}
			return "expired", nil
		}))
		for range 10 { // of ten Sends within a minute, one calls the source
			counted(t, c.Send(t.Context(), numberedPoints(1)), 0, 1)
			time.Sleep(5 * time.Second)
		}
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times in 50 s", n)
		}
		time.Sleep(time.Minute)
		valid.Store(true)
		send(t, c, numbered(0))
		if n := asked.Load(); n != 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

// If the token source fails after a 403, the request is retried.
func TestTokenSource_MayFailAfter403(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := newFake(t, status(403), status(403), status(204)).client(apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			if asked++; asked == 2 {
				return "", errors.New("the vault is sealed")
			}
			return theToken, nil
		}))
		send(t, c, numbered(0))
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
	})
}
