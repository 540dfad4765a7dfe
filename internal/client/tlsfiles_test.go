// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// A new client certificate is used by the next request, on a new connection, and the old
// connection is closed.
func TestTLSFiles_ClientCertificateIsReplaced(t *testing.T) {
	for name, rotate := range rotations() {
		for _, http2 := range []bool{false, true} {
			for _, proxied := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, HTTP/2 %t, proxy %t", name, http2, proxied), func(t *testing.T) {
					a := newAuthority(t, "a")
					server := newSecureServer(t, http2, a)
					files := newSecret(t, a, "first")
					if name == "a replaced link" {
						rotate(files, a, "first")
					}
					opts := []apptuitclient.Option{apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry()}
					if proxied {
						opts = append(opts, newTunnel(t, func(*http.Request) string { return "" }).option())
					}
					c := newClient(t, opts...)
					for _, step := range []string{"first", "second", "third"} {
						if step != "first" {
							rotate(files, a, step)
						}
						for range 2 {
							if err := c.Send(t.Context(), numberedPoints(2)); err != nil {
								t.Fatalf("%s: %v", step, err)
							}
						}
						if diff := cmp.Diff([]string{step, step}, server.seen()); diff != "" {
							t.Errorf("%s (-want +got):\n%s", step, diff)
						}
						server.open(1)
					}
					if n := server.opened.Load(); n != 3 {
						t.Errorf("%d connections were made", n)
					}
					c.Close()
					server.open(0)
				})
			}
		}
	}
}

// A server whose authority is no longer trusted gets no further request, not even on an
// existing connection.
func TestTLSFiles_AuthorityIsReplaced(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		a, b := newAuthority(t, "a"), newAuthority(t, "b")
		server := newSecureServer(t, http2, a)
		files := newSecret(t, a, "client")
		c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry())
		for range 2 {
			send(t, c, numbered(0))
		}
		files.put(files.files().CA, b.pem)
		err := c.Send(t.Context(), numberedPoints(2))
		counted(t, err, 0, 2)
		contains(t, err, "certificate signed by unknown authority")
		server.trust(b, a)
		send(t, c, numbered(0))
		files.put(files.files().CA, slices.Concat(a.pem, []byte("# both\n"), b.pem))
		send(t, c, numbered(0))
		server.trust(a, a)
		send(t, c, numbered(0)) // the connection is kept
		if n := len(server.seen()); n != 5 {
			t.Errorf("%d requests came", n)
		}
		server.open(1)
	}
}

// Files that cannot be used have no effect except for one warning per change, which quotes
// nothing of the files. The client uses them as soon as they are valid.
func TestTLSFiles_InvalidFilesAreNotUsed(t *testing.T) {
	a, other := newAuthority(t, "a"), newAuthority(t, "other")
	server := newSecureServer(t, false, a)
	files := newSecret(t, a, "first")
	names := files.files()
	var w warnings
	c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(names), withoutRetry(), w.option())
	send(t, c, numbered(0))
	certificate, key := a.issue("next")
	const last = "apptuit: the TLS files have changed but cannot be used; the previous files remain in use: "
	for _, tt := range []struct {
		name    string
		prepare func()
		want    []string
	}{
		{"a missing key", func() { _ = os.Remove(names.Key) }, []string{fmt.Sprintf("TLSFiles.Key: file %q: no such file or directory", names.Key)}},
		{"an empty key", func() { files.put(names.Key, nil) }, []string{"TLSFiles.Certificate: ", "with TLSFiles.Key, ", "failed to find any PEM data in key input"}},
		{"a torn key", func() { files.put(names.Key, key[:len(key)/2]) }, []string{fmt.Sprintf("TLSFiles.Key: file %q: the last PEM block is incomplete", names.Key)}},
		{"the key of another certificate", func() { files.put(names.Key, key) }, []string{"TLSFiles.Certificate: ", "private key does not match public key"}},
		{"a torn chain", func() { files.put(names.Certificate, slices.Concat(certificate, a.pem[:len(a.pem)-5])) }, []string{fmt.Sprintf("TLSFiles.Certificate: file %q: the last PEM block is incomplete", names.Certificate)}},
		{"a torn bundle", func() { files.put(names.CA, slices.Concat(other.pem, a.pem[:300])) }, []string{"TLSFiles.CA: ", "TLSFiles.Certificate: "}},
		{"a large bundle", func() { files.put(names.CA, bytes.Repeat(a.pem, 2<<20/len(a.pem)+1)) }, []string{"TLSFiles.CA: ", " is larger than 2097152 bytes"}},
		{"no bundle", func() { files.put(names.CA, []byte("# no certificates\n")) }, []string{"TLSFiles.CA: ", "it contains no certificate in PEM format"}},
	} {
		tt.prepare()
		for range 3 {
			send(t, c, numbered(0))
		}
		text := strings.Join(w.await(t, 1), "")
		contains(t, errors.New(text), append(tt.want, last)...)
		if strings.Contains(text, "\n") || strings.Contains(text, "BEGIN") {
			t.Errorf("%s: %q", tt.name, text)
		}
		for line := range strings.Lines(string(key)) {
			if line = strings.TrimSpace(line); line != "" && strings.Contains(text, line) {
				t.Errorf("%s: the key is in %q", tt.name, text)
			}
		}
	}
	if got := server.seen(); slices.ContainsFunc(got, func(name string) bool { return name != "first" }) || server.opened.Load() != 1 {
		t.Errorf("%q on %d connections", got, server.opened.Load())
	}
	files.put(names.CA, a.pem)
	files.put(names.Certificate, certificate)
	send(t, c, numbered(0))
	if diff := cmp.Diff([]string{"next"}, server.seen()); diff != "" {
		t.Error(diff)
	}
	w.await(t, 0)
}

// Files with other times but the same content do not close connections.
func TestTLSFiles_SameContentKeepsConnections(t *testing.T) {
	a := newAuthority(t, "a")
	server := newSecureServer(t, false, a)
	files := newSecret(t, a, "client")
	c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()))
	for i := range 3 {
		if err := os.Chtimes(files.files().Key, time.Time{}, time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
		send(t, c, numbered(0))
	}
	if n := server.opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// The connection of a request that is under way when the files change is closed after its
// answer.
func TestTLSFiles_ConnectionsInUseAreClosedLater(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		a := newAuthority(t, "a")
		server := newSecureServer(t, http2, a)
		files := newSecret(t, a, "first")
		c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry())
		arrived, finish := make(chan struct{}), make(chan struct{})
		slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-finish })
		server.handler.Store(&slow)
		done := make(chan error)
		go func() { done <- c.Send(t.Context(), numberedPoints(2)) }()
		<-arrived
		server.handler.Store(nil)
		files.write(files.dir, a, "second")
		send(t, c, numbered(0))
		time.Sleep(1100 * time.Millisecond) // after the last time that idle connections are closed because of the change
		server.open(2)
		close(finish)
		if err := <-done; err != nil {
			t.Error(err)
		}
		server.open(1)
		if diff := cmp.Diff([]string{"first", "second"}, server.seen()); diff != "" {
			t.Error(diff)
		}
	}
}

// While the files are replaced again and again, no point is lost.
func TestTLSFiles_RotationsLoseNoPoint(t *testing.T) {
	const senders, sends = 4, 30
	a := newAuthority(t, "a")
	server := newSecureServer(t, false, a)
	files := newSecret(t, a, "first")
	rotate := rotations()["a replaced link"]
	rotate(files, a, "first")
	var w warnings
	c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry(), w.option())
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for range sends {
				if err := c.Send(t.Context(), numberedPoints(2)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { sending.Wait(); close(sent) }()
	last := 0
	for done := false; !done; {
		select {
		case <-sent:
			done = true
		default:
		}
		last++
		rotate(files, a, fmt.Sprint(last)) // the last time after all of the Sends
	}
	send(t, c, numbered(0))
	got := server.seen()
	if len(got) != senders*sends+1 || got[len(got)-1] != fmt.Sprint(last) || last < 2 {
		t.Errorf("%d requests, the last one with certificate %s of %d", len(got), got[len(got)-1], last)
	}
	server.open(1)
}

func TestTLSFiles_FaultsOfNew(t *testing.T) {
	a := newAuthority(t, "a")
	dir := t.TempDir()
	certificate, key := a.issue("client")
	_, otherKey := a.issue("other")
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("0123456789")})
	old := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("0123456789")})
	file := func(name string, text []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	ca, crt, pk := file("ca", a.pem), file("crt", certificate), file("key", key)
	none := filepath.Join(dir, "none")
	for name, tt := range map[string]struct {
		files apptuitclient.TLSFiles
		opts  []apptuitclient.Option
		want  []string
	}{
		"a missing CA":    {apptuitclient.TLSFiles{CA: none}, nil, []string{fmt.Sprintf("TLSFiles.CA: file %q: no such file", none)}},
		"no CA":           {apptuitclient.TLSFiles{CA: pk}, nil, []string{fmt.Sprintf("TLSFiles.CA: file %q: it contains no certificate in PEM format", pk)}},
		"a folder":        {apptuitclient.TLSFiles{CA: dir}, nil, []string{fmt.Sprintf("TLSFiles.CA: file %q: is a directory", dir)}},
		"no key":          {apptuitclient.TLSFiles{Certificate: crt}, nil, []string{"TLSFiles.Certificate: needs TLSFiles.Key, too"}},
		"no certificate":  {apptuitclient.TLSFiles{Key: pk}, nil, []string{"TLSFiles.Key: needs TLSFiles.Certificate, too"}},
		"all are missing": {apptuitclient.TLSFiles{CA: none, Certificate: none, Key: none}, nil, []string{"TLSFiles.CA: ", "TLSFiles.Certificate: ", "TLSFiles.Key: "}},
		"another key": {
			apptuitclient.TLSFiles{Certificate: crt, Key: file("other", otherKey)},
			nil,
			[]string{fmt.Sprintf("TLSFiles.Certificate: file %q: with TLSFiles.Key, file %q: tls: private key does not match public key", crt, filepath.Join(dir, "other"))},
		},
		"interchanged":           {apptuitclient.TLSFiles{Certificate: pk, Key: crt}, nil, []string{"TLSFiles.Certificate: ", "with TLSFiles.Key, "}},
		"an encrypted key":       {apptuitclient.TLSFiles{Certificate: crt, Key: file("encrypted", encrypted)}, nil, []string{"TLSFiles.Key: ", "the key is encrypted"}},
		"an old encrypted key":   {apptuitclient.TLSFiles{Certificate: crt, Key: file("old", old)}, nil, []string{"TLSFiles.Key: ", "the key is encrypted"}},
		"two sets of RootCAs":    {apptuitclient.TLSFiles{CA: ca}, []apptuitclient.Option{apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: x509.NewCertPool()})}, []string{"TLSFiles.CA: the TLS configuration of the program has RootCAs: use one of them"}},
		"two certificates":       {apptuitclient.TLSFiles{Certificate: crt, Key: pk}, []apptuitclient.Option{apptuitclient.WithTLSClientConfig(&tls.Config{Certificates: []tls.Certificate{{}}})}, []string{"TLSFiles.Certificate: the TLS configuration of the program has a client certificate"}},
		"another round tripper":  {apptuitclient.TLSFiles{CA: ca}, []apptuitclient.Option{apptuitclient.WithHTTPClient(&http.Client{Transport: &fake{}})}, []string{"WithTLSClientConfig, WithTLSFiles and WithProxy require that the client of WithHTTPClient has a *http.Transport"}},
		"a function for another": {apptuitclient.TLSFiles{Certificate: crt, Key: pk}, []apptuitclient.Option{apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return nil, nil }}}})}, []string{"TLSFiles.Certificate: the TLS configuration of the program"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := apptuitclient.New(append(tt.opts, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithTLSFiles(tt.files))...)
			contains(t, err, append(tt.want, "apptuit: configuration: ")...)
			for line := range strings.Lines(string(key) + string(otherKey)) {
				if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") && strings.Contains(err.Error(), line) {
					t.Errorf("the key is in %v", err)
				}
			}
		})
	}
}

// The files are added to a copy of the program's configuration.
func TestTLSFiles_ExtendTheConfigurationOfTheProgram(t *testing.T) {
	a := newAuthority(t, "a")
	server := newSecureServer(t, true, a)
	files := newSecret(t, a, "client")
	protocols := func(config *tls.Config, got *uint16) *tls.Config {
		config.VerifyConnection = func(state tls.ConnectionState) error { *got = state.Version; return nil }
		config.MaxVersion = tls.VersionTLS12
		return config
	}
	var one, two uint16
	option := protocols(&tls.Config{}, &one)
	transport := &http.Transport{TLSClientConfig: protocols(&tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(1)}, &two), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	send(t, newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSClientConfig(option), apptuitclient.WithTLSFiles(files.files())), numbered(0))
	send(t, newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}), apptuitclient.WithTLSFiles(files.files())), numbered(0))
	if one != tls.VersionTLS12 || two != tls.VersionTLS12 {
		t.Errorf("the connections have the versions %x and %x", one, two)
	}
	if option.RootCAs != nil || option.Certificates != nil || transport.TLSClientConfig.RootCAs != nil || transport.TLSClientConfig.Certificates != nil {
		t.Error("the configuration of the program was changed")
	}
}

// The transport of the program speaks HTTP/2 with the files of the client as it does without.
func TestTLSFiles_KeepHTTP2(t *testing.T) {
	a := newAuthority(t, "a")
	server := newSecureServer(t, true, a)
	transport := &http.Transport{}
	send(t, newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}),
		apptuitclient.WithTLSFiles(newSecret(t, a, "client").files()), withoutRetry()), numbered(0))
}

// Variables set the files that options have not set. A certificate and its key come from the
// same source.
func TestTLSFiles_OptionsOverrideVariables(t *testing.T) {
	a, other := newAuthority(t, "a"), newAuthority(t, "other")
	ours, theirs, wrong := newSecret(t, a, "option").files(), newSecret(t, a, "variable").files(), newSecret(t, other, "wrong").files()
	for name, tt := range map[string]struct {
		option, variables apptuitclient.TLSFiles
		opts              func(*client.Settings)
		want              string // name of the certificate, or an error
	}{
		"variables":                 {variables: theirs, want: "variable"},
		"options":                   {option: ours, variables: wrong, want: "option"},
		"CA of a variable":          {option: apptuitclient.TLSFiles{Certificate: ours.Certificate, Key: ours.Key}, variables: theirs, want: "option"},
		"certificate of a variable": {option: apptuitclient.TLSFiles{CA: ours.CA}, variables: theirs, want: "variable"},
		"a pair is not mixed":       {option: apptuitclient.TLSFiles{Certificate: ours.Certificate}, variables: theirs, want: "TLSFiles.Certificate: needs TLSFiles.Key, too"},
		"no key":                    {variables: apptuitclient.TLSFiles{Certificate: theirs.Certificate}, want: "APPTUIT_CLIENT_CERTIFICATE: needs APPTUIT_CLIENT_KEY, too"},
		"a missing file":            {variables: apptuitclient.TLSFiles{CA: "none"}, want: `APPTUIT_CERTIFICATE: file "none": no such file`},
		"a TLS configuration": {variables: theirs, opts: func(s *client.Settings) {
			pool := x509.NewCertPool()
			pool.AddCert(a.certificate)
			pair, err := tls.LoadX509KeyPair(ours.Certificate, ours.Key)
			if err != nil {
				t.Fatal(err)
			}
			s.Connection.TLS = &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
		}, want: "option"},
		"an HTTP client": {variables: theirs, opts: func(s *client.Settings) {
			s.Connection.HTTPClient = &http.Client{Transport: newFake(t, status(http.StatusNoContent))}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSecureServer(t, false, a)
			s := client.NewSettings()
			s.SetEndpoint("WithEndpoint", server.URL)
			s.SetTLSFiles(client.TLSFiles{
				CA:          client.TLSFile{From: "TLSFiles.CA", Name: tt.option.CA},
				Certificate: client.TLSFile{From: "TLSFiles.Certificate", Name: tt.option.Certificate},
				Key:         client.TLSFile{From: "TLSFiles.Key", Name: tt.option.Key},
			})
			if tt.opts != nil {
				tt.opts(s)
			}
			s.AddTLSFiles(client.TLSFiles{
				CA:          client.TLSFile{From: "APPTUIT_CERTIFICATE", Name: tt.variables.CA},
				Certificate: client.TLSFile{From: "APPTUIT_CLIENT_CERTIFICATE", Name: tt.variables.Certificate},
				Key:         client.TLSFile{From: "APPTUIT_CLIENT_KEY", Name: tt.variables.Key},
			})
			c, err := client.New(s)
			if err != nil {
				if tt.want == "" || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %s", err, tt.want)
				}
				return
			}
			defer c.Close()
			if tt.want == "" {
				return // the program's client is used
			}
			question := client.Question{Path: "/", Timeout: 10 * time.Second, MaxBytes: 1}
			if err := c.Read(t.Context(), question, func(io.Reader) error { return nil }); err != nil {
				t.Error(err)
			}
			if got := strings.Join(server.seen(), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
