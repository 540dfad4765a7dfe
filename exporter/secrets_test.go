// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

const (
	secretToken  = "t0ken-5ecret/+=="
	secretHeader = "header-5ecret"
)

// secretForms are parts of the secrets in all forms in which they are used.
func secretForms() []string {
	basic := base64.StdEncoding.EncodeToString([]byte("me:" + secretToken))
	return []string{"5ecret", "t0ken", basic[:12], fmt.Sprintf("%x", secretToken)}
}

// wantNoSecret requires that a text contains no secret.
func wantNoSecret(t *testing.T, what string, text []byte) {
	t.Helper()
	for _, secret := range secretForms() {
		if i := bytes.Index(text, []byte(secret)); i >= 0 {
			t.Errorf("%s: %q is in %.300q", what, secret, text[max(0, i-100):])
		}
	}
}

// wantSilent requires that the printed forms of values contain no secret.
func wantSilent(t *testing.T, what string, values ...any) {
	t.Helper()
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			wantNoSecret(t, what+", "+verb, fmt.Appendf(nil, verb, v))
		}
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("it", "v", v)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("it", "v", v)
		text, _ := json.Marshal(v)
		wantNoSecret(t, what+", in a log", append(logged.Bytes(), text...))
	}
}

// causes returns an error, all errors that it wraps, and the parts of a SendError.
func causes(err error) []any {
	if err == nil {
		return nil
	}
	all := []any{err}
	if send, ok := err.(*apptuitclient.SendError); ok { //nolint:errorlint // each error in the tree is looked at
		all = append(all, *send, send.Errors)
	}
	switch e := err.(type) { //nolint:errorlint // each error in the tree is looked at
	case interface{ Unwrap() error }:
		all = append(all, causes(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			all = append(all, causes(cause)...)
		}
	}
	return all
}

// quoteOf returns a text with the secrets in the forms in which requests contain them.
func quoteOf(basic bool) string {
	authorization := "Bearer " + secretToken
	if basic {
		authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+secretToken))
	}
	return fmt.Sprintf("%s is not me:%s, key %s", authorization, secretToken, secretHeader)
}

// quotingFaults are all faults of the test server, with a text that quotes secrets wherever
// there can be one.
func quotingFaults(quote string) map[string]apptuittest.Fault {
	page := "<html><body>" + quote + "</body></html>"
	header := http.Header{"X-Echo": {quote}, "Www-Authenticate": {quote}}
	location := http.Header{"Location": {"/login/" + secretToken + "?token=" + secretToken + "#" + secretHeader}}
	return map[string]apptuittest.Fault{
		"own answer":             {Header: header},
		"401":                    {Status: 401, Body: quote, Header: header},
		"403, a page":            {Status: 403, Body: page, ContentType: "text/html"},
		"407":                    {Status: 407, Body: quote},
		"413":                    {Status: 413, Body: quote},
		"413, before the body":   {Status: 413, Body: quote, BeforeBody: true},
		"429":                    {Status: 429, Body: quote, RetryAfter: quote},
		"429, waiting":           {Status: 429, RetryAfter: "1"},
		"500, OpenTSDB's error":  {Status: 500, Body: `{"error":{"code":500,"message":` + fmt.Sprintf("%q", quote) + `}}`},
		"500, Prometheus' error": {Status: 500, Body: `{"status":"error","error":` + fmt.Sprintf("%q", quote) + `}`},
		"503, stored":            {Status: 503, Body: quote, Apply: true},
		"400, text":              {Status: 400, Body: quote, ContentType: quote},
		"200, a page":            {Status: 200, Body: page},
		"200, not an answer":     {Status: 200, Body: `{"success":"` + secretToken + `"}`},
		"redirect":               {Status: 302, Header: location},
		"redirect, followed":     {Status: 307, Header: location},
		"redirect, elsewhere":    {Status: 308, Header: http.Header{"Location": {"http://elsewhere.test/" + secretHeader}}},
		"redirect to no URL":     {Status: 307, Header: http.Header{"Location": {"http://" + secretToken + "\x7f"}}},
		"reset":                  {Reset: true},
		"reset in the answer":    {Status: 400, Body: strings.Repeat(quote, 1000), Reset: true, Truncate: true},
		"hanging":                {Hang: true},
		"truncated":              {Status: 200, Body: quote, Truncate: true},
		"truncated, in chunks":   {Status: 503, Body: quote, Truncate: true, Chunked: true},
		"slow":                   {Delay: time.Minute, Status: 504, Body: quote},
		"slow in the middle":     {Status: 502, Body: quote, Chunked: true, Pause: time.Minute},
		"a long answer":          {Status: 503, Body: quote, Repeat: 20_000},
		"reading slowly":         {Status: 503, Body: quote, ReadPause: time.Second},
		"points refused":         {Reject: func(apptuittest.Point) string { return quote }},
		"points to come again":   {Reject: func(apptuittest.Point) string { return "Please throttle " + quote }},
	}
}

// Each field of a fault is in one of the lists, so that a new field makes this test fail.
func TestSecrets_AllFaultsQuoteThem(t *testing.T) {
	used := map[string]bool{"Times": true}
	for _, f := range quotingFaults(quoteOf(false)) {
		v := reflect.ValueOf(f)
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				used[v.Type().Field(i).Name] = true
			}
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[apptuittest.Fault]()) {
		if !used[field.Name] {
			t.Errorf("no fault has %s", field.Name)
		}
	}
}

// After every fault, live and from the spool, no secret is in an error, a warning, a
// printed value, a file, or any part of a request except its header.
func TestSecrets_AreNotShownAfterAnyFault(t *testing.T) {
	for how, credentials := range map[string][]apptuitclient.Option{
		"bearer": {apptuitclient.WithToken(secretToken)},
		"basic":  {apptuitclient.WithToken(secretToken), apptuitclient.WithUserID("me")},
		"source": {apptuitclient.WithTokenSource(func(context.Context) (string, error) { return secretToken, nil })},
		"header": {apptuitclient.WithHeaders(map[string]string{"Authorization": "Bearer " + secretToken, "X-Key": secretHeader})},
	} {
		if how != "header" {
			credentials = append(credentials, apptuitclient.WithHeaders(map[string]string{"X-Key": secretHeader}))
		}
		for name, fault := range quotingFaults(quoteOf(how == "basic")) {
			for _, spooling := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/spool=%v", how, name, spooling), func(t *testing.T) {
					dir, opts := spoolDir(t), slices.Clone(credentials)
					if spooling {
						opts = append(opts, apptuitclient.WithSpool(dir))
					}
					inBubble(t, func(t *testing.T, srv *apptuittest.Server) { secretsAfter(t, srv, fault, dir, opts) })
				})
			}
		}
	}
}

// listener records all errors and warnings.
type listener struct {
	mu    sync.Mutex
	heard []any
}

func (l *listener) hear(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, causes(err)...)
}

func secretsAfter(t *testing.T, srv *apptuittest.Server, fault apptuittest.Fault, dir string, opts []apptuitclient.Option) {
	t.Helper()
	var l listener
	opts = append(opts, apptuitclient.WithTimeout(20*time.Second), apptuitclient.WithWarningHandler(l.hear),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, MaxElapsedTime: 30 * time.Second}))
	e := newExporter(t, toServer(srv, opts...), WithErrorHandler(func(err *apptuitclient.SendError) { l.hear(err) }))
	fault.Times = 4
	srv.Fail(fault)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		l.hear(e.Export(ctx, points(4)))
		cancel()
		wantFiles(t, dir)
		time.Sleep(10 * time.Second)
	}
	time.Sleep(5 * time.Minute) // time for the replay
	srv.Fail(fault)
	l.hear(e.Export(t.Context(), points(4)))
	l.hear(e.Shutdown(t.Context()))
	synctest.Wait()
	wantFiles(t, dir)

	c := e.cfg.client
	wantSilent(t, "what was told", l.heard...)
	wantSilent(t, "the exporter", e, e.MarshalLog(), e.Stats(), struct{ e *Exporter }{e})
	wantSilent(t, "the client", c, *c, struct{ c apptuitclient.Client }{*c}, []any{c, *c})
	for _, inside := range []reflect.Value{reflect.ValueOf(e).Elem(), reflect.ValueOf(e.cfg.core).Elem()} {
		wantNoSecret(t, "what is inside", fmt.Appendf(nil, "%v %+v %#v", inside, inside, inside))
	}
	for _, r := range srv.Requests() {
		for key, values := range r.Header {
			if key != "Authorization" && key != "X-Key" {
				wantNoSecret(t, "the header "+key, []byte(strings.Join(values, "\n")))
			}
		}
		if r.Path == "/api/put" { // without redirected requests
			wantNoSecret(t, "the URL", []byte(r.RawQuery))
		}
	}
	for _, p := range srv.Points() {
		wantNoSecret(t, "a point", []byte(p.String()))
	}
}

// wantFiles requires that no file below a folder contains a secret, in its name or its
// content.
func wantFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the batch was sent meanwhile
		case err != nil:
			return err
		}
		wantNoSecret(t, "a name", []byte(path))
		if entry.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		wantNoSecret(t, path, text)
		if at := bytes.Index(text, []byte{0x1f, 0x8b, 8}); at >= 0 {
			body, unzipErr := unzip(text[at:])
			if unzipErr != nil || !bytes.Contains(body, []byte(`"metric":"n"`)) && !bytes.Contains(body, []byte(`"apptuit_reporter`)) {
				t.Errorf("%s is no batch: %v, %.100q", path, unzipErr, body)
			}
			wantNoSecret(t, path, body)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func unzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
