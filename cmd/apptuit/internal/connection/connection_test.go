// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// parse parses flags of a command that sends.
func parse(t *testing.T, args ...string) *Flags {
	t.Helper()
	c := &cobra.Command{}
	f := Add(c, time.Minute)
	f.AddSending(c)
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return f
}

// A flag has the effect of the option of its setting.
func TestOptions_ConfigureTheClient(t *testing.T) {
	s := apptuittest.NewServer(apptuittest.WithUser("me", "secret"))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("APPTUIT_TAGS", "env: production")
	f := parse(t, "--endpoint", s.URL, "--token-file", file, "--user", "me", "--server", "victoriametrics", "--compression", "none", "--tags", "env: test")
	options, err := f.Options()
	if err != nil {
		t.Fatal(err)
	}
	c, err := apptuitclient.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Send(t.Context(), []apptuitclient.DataPoint{{Metric: "m", Timestamp: time.UnixMilli(1781611200123), Value: 1}}); err != nil {
		t.Fatal(err)
	}
	p, r := s.Points()[0], s.Requests()[0]
	if diff := cmp.Diff(map[string]string{"env": "test"}, p.Tags); diff != "" || p.Timestamp.String() != "1781611200123" || r.Encoding != "" {
		t.Errorf("%+v, Content-Encoding %q", p, r.Encoding)
	}
	want := map[string]string{
		"endpoint": s.URL, "token_file": file, "user_id": "me", "server": "victoriametrics", "compression": "none", "tags": "env: test",
	}
	if diff := cmp.Diff(want, f.Given()); diff != "" {
		t.Errorf("given (-want +got)\n%s", diff)
	}
}

// Errors name the flags, all at once, and quote no URL, in which there may be a password.
func TestOptions_NamesTheFlagOfEachFault(t *testing.T) {
	_, err := parse(t, "--endpoint", "http://me:5ecret@h", "--proxy", "5ecret", "--ca-file", "/nowhere", "--tags", "x").Options()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range []string{"--endpoint: no user or password", "--proxy: it is not a URL", "--ca-file: open /nowhere", "--tags: "} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("no %q in %v", text, err)
		}
	}
	if strings.Contains(err.Error(), "5ecret") {
		t.Errorf("a secret is in %v", err)
	}
}

func TestLimit_EndsAfterTheTimeout(t *testing.T) {
	ctx, cancel := parse(t, "--timeout", "1d12h").Limit(t.Context())
	defer cancel()
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) < 35*time.Hour {
		t.Errorf("deadline %v, %t", deadline, ok)
	}
	ctx, cancel = parse(t, "--timeout", "1ms").Limit(t.Context())
	defer cancel()
	<-ctx.Done()
	if want := "the time is over (--timeout 1ms)"; !strings.Contains(context.Cause(ctx).Error(), want) {
		t.Errorf("the cause is %v", context.Cause(ctx))
	}
	unlimited := Add(&cobra.Command{}, 0)
	ctx, cancel = unlimited.Limit(t.Context())
	defer cancel()
	if _, ok := ctx.Deadline(); ok {
		t.Error("there is a deadline")
	}
}

// Each flag is described by the setting that it sets, and names its variable.
func TestFlags_AreDescribedByTheirSettings(t *testing.T) {
	c := &cobra.Command{Use: "x"}
	Add(c, time.Minute).AddSending(c)
	for setting, flag := range Names() {
		s, ok := settings.Named(setting)
		if !ok {
			t.Errorf("there is no setting %s", setting)
			continue
		}
		f := c.Flags().Lookup(flag)
		if f == nil || !strings.Contains(f.Usage, s.Variable) || strings.Contains(f.Usage, "`") || s.Secret == settings.SecretValue {
			t.Errorf("--%s of %s: %+v", flag, setting, f)
		}
	}
}
