// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestSpool_LimitVariables(t *testing.T) {
	const size, age = "APPTUIT_SPOOL_MAX_BYTES", "APPTUIT_SPOOL_MAX_AGE"
	for _, tt := range []struct {
		variable, value string
		bytes           int64
		age             time.Duration
	}{
		{size, "1000", 1000, 0},
		{size, "1000B", 1000, 0},
		{size, "64KiB", 64 << 10, 0},
		{size, "64k", 64 << 10, 0},
		{size, "512 MiB", 512 << 20, 0},
		{size, "3M", 3 << 20, 0},
		{size, "2GiB", 2 << 30, 0},
		{size, "2G", 2 << 30, 0},
		{size, "8589934591GiB", 8589934591 << 30, 0},
		{size, "", 512 << 20, 0},
		{size, "0", 0, 0},
		{size, "-1", 0, 0},
		{size, "10MB", 0, 0},
		{size, "1.5GiB", 0, 0},
		{size, "1e9", 0, 0},
		{size, "8589934592GiB", 0, 0},
		{size, "MiB", 0, 0},
		{size, "1 000", 0, 0},
		{age, "90m", 0, 90 * time.Minute},
		{age, "72h", 0, 72 * time.Hour},
		{age, "", 0, 24 * time.Hour},
		{age, "24", 0, 0},
		{age, "0", 0, 0},
		{age, "-1h", 0, 0},
		{age, "1d", 0, 0},
		{age, "1 h", 0, 0},
	} {
		t.Setenv(size, "")
		t.Setenv(age, "")
		t.Setenv(tt.variable, tt.value)
		s := client.NewSettings()
		s.SetEndpoint("the test", "http://localhost")
		s.Spool = client.NewSpoolSettings("/spool")
		err := client.Complete(s)
		if tt.bytes == 0 && tt.age == 0 {
			if err == nil || !strings.Contains(err.Error(), tt.variable+": \""+tt.value+"\" must be a positive") {
				t.Errorf("%s=%s: %v", tt.variable, tt.value, err)
			}
			continue
		}
		if err != nil || tt.bytes != 0 && s.Spool.Bytes.Value != tt.bytes || tt.age != 0 && s.Spool.Age.Value != tt.age {
			t.Errorf("%s=%s: %v, %+v", tt.variable, tt.value, err, s.Spool)
		}
	}
}

func TestSpool_LimitOptionsOverrideVariables(t *testing.T) {
	t.Setenv("APPTUIT_SPOOL_MAX_BYTES", "nonsense")
	t.Setenv("APPTUIT_SPOOL_MAX_AGE", "nonsense")
	dir := spoolDir(t)
	options := []apptuitclient.SpoolOption{apptuitclient.WithSpoolMaxBytes(1 << 20), apptuitclient.WithSpoolMaxAge(time.Hour)}
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithSpool(dir, options...)).Close()
	for i, variable := range []string{"APPTUIT_SPOOL_MAX_AGE", "APPTUIT_SPOOL_MAX_BYTES"} {
		_, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithSpool(dir, options[i]))
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%v", err)
		}
	}
	// Without a spool, its limits have no effect.
	newClient(t, apptuitclient.WithEndpoint("https://fake.test")).Close()
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	if _, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithoutSpool()); err == nil {
		t.Error("invalid variables are ignored")
	}
}

// A folder that others can write to is refused, unless an option or a variable allows it.
func TestSpool_RefusesAnInsecureFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: Windows has other rights")
	}
	dir := spoolDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	open := func(opts ...apptuitclient.SpoolOption) error {
		c, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithSpool(dir, opts...))
		if err == nil {
			c.Close()
		}
		return err
	}
	err := open()
	contains(t, err, "apptuit: spool: the folder is not safe: other users can write to "+dir, "chmod go-w "+dir, "subfolder", "APPTUIT_SPOOL_INSECURE_DIR=true")
	if content, err := apptuitclient.InspectSpool(dir); err != nil || content.Insecure == nil {
		t.Errorf("%+v, %v", content, err)
	}
	if err := open(apptuitclient.WithSpoolInsecureFolder()); err != nil {
		t.Error(err)
	}
	t.Setenv("APPTUIT_SPOOL_INSECURE_DIR", "true")
	if err := open(); err != nil {
		t.Error(err)
	}
	t.Setenv("APPTUIT_SPOOL_INSECURE_DIR", "perhaps")
	contains(t, open(), "APPTUIT_SPOOL_INSECURE_DIR")
}

// Two clients cannot use one folder at the same time, unless each has a subfolder.
func TestSpool_TwoClientsNeedInstances(t *testing.T) {
	dir := spoolDir(t)
	f := newFake(t, status(503))
	first := f.spooling(dir)
	if s, ok := f.spooling(dir).SpoolStats(); ok || !s.Waiting {
		t.Errorf("two clients have one folder: %+v", s)
	}
	second := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolInstances()))
	send(t, first, numbered(0))
	send(t, second, numbered(1))
	for i, c := range []*apptuitclient.Client{first, second} {
		if s := stats(t, c); s.Points != 1 {
			t.Errorf("client %d has %+v", i, s)
		}
		c.Close()
	}
	third := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolInstances()))
	if s := stats(t, third); s.Found != 2 {
		t.Errorf("it found %+v", s)
	}
}

func TestSpool_Configuration(t *testing.T) {
	here, there := spoolDir(t), spoolDir(t)
	outcome := func(dir string, opts ...apptuitclient.Option) string {
		t.Helper()
		t.Setenv("APPTUIT_SPOOL_DIR", dir)
		c, err := apptuitclient.New(append([]apptuitclient.Option{
			apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: newFake(t, status(503))}),
			apptuitclient.WithWarningHandler(func(error) {}),
		}, opts...)...)
		if err != nil {
			return err.Error()
		}
		defer c.Close()
		_ = c.Send(t.Context(), numberedPoints(1))
		s, ok := c.SpoolStats()
		return fmt.Sprint(ok, " ", s.Spooled, " ", len(batchFiles(t, here)), " ", len(batchFiles(t, there)))
	}
	none := apptuitclient.WithRetry(apptuitclient.RetryConfig{})
	for _, tt := range []struct {
		name, dir string
		opts      []apptuitclient.Option
		want      string
	}{
		{"neither", "", nil, "false 0 0 0"},
		{"the variable", here, nil, "true 1 1 0"},
		{"ignored", here, []apptuitclient.Option{apptuitclient.WithoutEnvironment()}, "false 0 1 0"},
		{"the option overrides the variable", here, []apptuitclient.Option{apptuitclient.WithSpool(there)}, "true 1 1 1"},
		{"the last option", "", []apptuitclient.Option{apptuitclient.WithSpool(here), apptuitclient.WithSpool(there)}, "true 1 1 2"},
		{
			"no name", here,
			[]apptuitclient.Option{apptuitclient.WithSpool("")},
			"apptuit: configuration: WithSpool: the folder has no name",
		},
		{
			"faults", "",
			[]apptuitclient.Option{apptuitclient.WithTimeout(-1), apptuitclient.WithSpool(here, nil, apptuitclient.WithSpoolMaxBytes(-1))},
			"apptuit: configuration: WithTimeout: -1ns is not positive\nWithSpool: the size limit, the age limit and the rate must be positive",
		},
		{
			"age", "",
			[]apptuitclient.Option{apptuitclient.WithSpool(here, apptuitclient.WithSpoolMaxAge(0))},
			"apptuit: configuration: WithSpool: the size limit, the age limit and the rate must be positive",
		},
		{
			"rate", "",
			[]apptuitclient.Option{apptuitclient.WithSpool(here, apptuitclient.WithSpoolRate(0))},
			"apptuit: configuration: WithSpool: the size limit, the age limit and the rate must be positive",
		},
	} {
		if diff := cmp.Diff(tt.want, outcome(tt.dir, append(tt.opts, none)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A client that only reads does not open the folder of APPTUIT_SPOOL_DIR.
func TestSpool_OfAVariableIsOpenedByTheFirstSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		t.Setenv("APPTUIT_SPOOL_DIR", dir)
		down := newFake(t, status(503))
		first := down.client()
		_ = first.Send(t.Context(), numberedPoints(3))
		var w warnings
		second := down.client(w.option())
		if _, ok := second.SpoolStats(); ok {
			t.Error("a client opens the spool without a Send")
		}
		if err := client.Of(second).OpenSpool(); err != nil {
			t.Error(err)
		}
		if s, ok := second.SpoolStats(); ok || !s.Waiting {
			t.Errorf("two clients have one folder: %+v", s)
		}
		counted(t, second.Send(t.Context(), numberedPoints(1)), 0, 1) // without a spool
		_ = second.Send(t.Context(), numberedPoints(1))
		w.want(t, dir)
		first.Close()
		second.Close()
		asks := newFake(t, status(400)).client()
		time.Sleep(time.Hour)
		if n := len(batchFiles(t, dir)); n != 1 {
			t.Errorf("%d batches after an hour of a client that only asks, want 1", n)
		}
		asks.Close()
		if err := client.Of(asks).OpenSpool(); err != nil || len(batchFiles(t, dir)) != 1 {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestSpool_InstancesVariable(t *testing.T) {
	dir := spoolDir(t)
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "yes")
	for range 3 {
		if err := client.Of(newClient(t, apptuitclient.WithEndpoint("https://fake.test"))).OpenSpool(); err != nil {
			t.Error(err)
		}
	}
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "perhaps")
	if _, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test")); err == nil || !strings.Contains(err.Error(), "APPTUIT_SPOOL_INSTANCES") {
		t.Errorf("error %v", err)
	}
}
