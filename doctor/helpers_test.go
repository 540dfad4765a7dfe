// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
)

// childVariable is set in processes of this program that run the doctor and print its report.
const childVariable = "DOCTOR_TEST_CHILD"

// TestMain removes variables of the user's environment that would configure the doctor.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := json.NewEncoder(os.Stdout).Encode(Run(context.Background())); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		upper := strings.ToUpper(name)
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") || strings.HasSuffix(upper, "_PROXY") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// Secrets that must never be printed.
const (
	theToken = "t0ken/5ecret+x"
	thePass  = "pr0xy/5ecret"
)

// combined applies several options.
type combined []Option

func (all combined) apply(c *config) {
	for _, o := range all {
		o.apply(c)
	}
}

// withOption returns an option of the client, with a flag as its source.
func withOption(setting, flag, value string, option apptuitclient.Option) Option {
	return combined{WithExporterOptions(exporter.WithClientOptions(option)), WithSource(setting, flag, value)}
}

func withEndpoint(url string) Option {
	return withOption("endpoint", "--endpoint", url, apptuitclient.WithEndpoint(url))
}

func withServer(name string) Option {
	server, err := apptuitclient.ParseServer(name)
	if err != nil {
		panic(err)
	}
	return withOption("server", "--server", name, apptuitclient.WithServer(server))
}

func withTokenFile(name string) Option {
	return withOption("token_file", "--token-file", name, apptuitclient.WithTokenFile(name))
}

func withUser(id string) Option {
	return withOption("user_id", "--user", id, apptuitclient.WithUserID(id))
}

func withCompression(name string) Option {
	compression, err := apptuitclient.ParseCompression(name)
	if err != nil {
		panic(err)
	}
	return withOption("compression", "--compression", name, apptuitclient.WithCompression(compression))
}

func withTags(text string) Option {
	tags, err := encoding.ParseTags(text)
	if err != nil {
		panic(err)
	}
	return withOption("tags", "--tags", text, apptuitclient.WithTags(tags))
}

func withCAFile(name string) Option {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return withOption("tls.ca_file", "--ca-file", name, apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: roots}))
}

func withProxy(text string) Option {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return withOption("proxy_url", "--proxy", text, apptuitclient.WithProxy(http.ProxyURL(u)))
}

// outcome is a report with methods that check it.
type outcome struct{ *Report }

// doctor runs the doctor in this process, until the end of the test.
func doctor(t *testing.T, opts ...Option) *outcome {
	t.Helper()
	return doctorUntil(t.Context(), t, opts...)
}

func doctorUntil(ctx context.Context, t *testing.T, opts ...Option) *outcome {
	t.Helper()
	return checked(t, Run(ctx, opts...))
}

// child runs the doctor in another process, with additional environment variables.
func child(t *testing.T, environment []string) *outcome {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), environment...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r := new(Report)
	if err := json.Unmarshal(out, r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return checked(t, r)
}

// checked fails the test if a report contains a secret, or a failure without advice.
func checked(t *testing.T, r *Report) *outcome {
	t.Helper()
	noSecrets(t, r.String())
	for _, f := range r.Findings {
		if f.Status == Failed && f.Advice == "" && f.Check != "configuration" { // the texts of its faults say what to do
			t.Errorf("no advice: %+v", f)
		}
	}
	return &outcome{r}
}

// noSecrets fails the test if a text contains a secret, unchanged or encoded.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{theToken, thePass} {
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ReplaceAll(secret, "/", `\/`), "5ecret",
			base64.StdEncoding.EncodeToString([]byte("me:" + secret)),
		} {
			if strings.Contains(text, form) {
				t.Errorf("a secret (%s) is in:\n%s", form, text)
			}
		}
	}
}

// has fails the test unless a finding with the status and the name of the check contains all texts.
func (o *outcome) has(t *testing.T, status, check string, texts ...string) {
	t.Helper()
	var seen []string
	for _, f := range o.Findings {
		all := f.Found + "\n" + f.Advice
		if f.Check == check {
			seen = append(seen, f.Status.String()+" "+all)
		}
		found := f.Check == check && f.Status.String() == status
		for _, text := range texts {
			found = found && strings.Contains(all, text)
		}
		if found {
			return
		}
	}
	t.Errorf("no %s %s with %q; of %s there is %q", status, check, texts, check, seen)
}

// lacks fails the test if there is a finding with the name of the check.
func (o *outcome) lacks(t *testing.T, check string) {
	t.Helper()
	for _, f := range o.Findings {
		if f.Check == check {
			t.Errorf("there is %+v", f)
		}
	}
}

// lacksStatus fails the test if there is a finding with the status and the name of the check.
func (o *outcome) lacksStatus(t *testing.T, status Status, check string) {
	t.Helper()
	for _, f := range o.Findings {
		if f.Check == check && f.Status == status {
			t.Errorf("there is %+v", f)
		}
	}
}

// healthy fails the test if a check has failed or was skipped.
func (o *outcome) healthy(t *testing.T) {
	t.Helper()
	for _, f := range o.Findings {
		if f.Status == Failed || f.Status == Skipped {
			t.Errorf("%+v", f)
		}
	}
}

// newServer starts a server that requires the token. The environment has its address and the token.
func newServer(t *testing.T) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(apptuittest.WithToken(theToken), apptuittest.WithUser("me", theToken))
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_API_TOKEN", theToken)
	return s
}
