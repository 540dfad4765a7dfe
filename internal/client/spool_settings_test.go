// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestSpoolLimitsOfTheEnvironment(t *testing.T) {
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

func TestSpoolLimits_OptionsOverrideVariables(t *testing.T) {
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
func TestSpoolInsecureFolder(t *testing.T) {
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
