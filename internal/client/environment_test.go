// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// The client reads the variables of the settings that it has an option for.
func TestEnvironment_ReadsTheTable(t *testing.T) {
	var want []string
	for _, s := range settings.WithVariables() {
		if slices.ContainsFunc(s.Options, func(o string) bool { return strings.HasPrefix(o, "apptuitclient.") }) {
			want = append(want, s.Name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(client.Variables()))); diff != "" {
		t.Errorf("internal/settings -, client +:\n%s", diff)
	}
}

func TestEnvironment_RetryMaxElapsedTime(t *testing.T) {
	const variable = "APPTUIT_RETRY_MAX_ELAPSED_TIME"
	complete := func(s *client.Settings) (time.Duration, error) {
		s.SetEndpoint("the test", "http://localhost")
		err := client.Complete(s)
		return s.Retry.MaxElapsedTime, err
	}
	for text, want := range map[string]time.Duration{"": time.Minute, "5s": 5 * time.Second, "0": 0, "2m": 2 * time.Minute} {
		t.Setenv(variable, text)
		if got, err := complete(client.NewSettings()); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	t.Setenv(variable, "10s")
	s := client.NewSettings()
	s.SetRetry(client.RetryPolicy{Enabled: true, MaxElapsedTime: time.Hour})
	if got, err := complete(s); got != time.Hour || err != nil {
		t.Errorf("the option does not override the variable: %v, %v", got, err)
	}
	for text, fault := range map[string]string{
		"10": "write 10s for seconds, or 10ms for milliseconds", "-1s": "must be a positive duration", "long": "must be a positive duration with a unit, such as 30s",
	} {
		t.Setenv(variable, text)
		if _, err := complete(client.NewSettings()); err == nil || !strings.Contains(err.Error(), variable+": ") || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Retries end when the time of the variable is over.
func TestEnvironment_RetryMaxElapsedTimeEndsRetries(t *testing.T) {
	attempts := 0
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		attempts++
		return nil, http.ErrHandlerTimeout
	})
	t.Setenv("APPTUIT_RETRY_MAX_ELAPSED_TIME", "1ns")
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}))
	err := c.Send(t.Context(), []apptuitclient.DataPoint{{Metric: "m", Tags: map[string]string{"a": "b"}, Timestamp: time.Now(), Value: 1}})
	if err == nil || attempts != 1 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}

func TestEnvironment_UnknownVariablesAreWarnings(t *testing.T) {
	t.Setenv("APPTUIT_TOKEN", "a-secret")
	t.Setenv("APPTUIT_SOMETHING_ELSE", "x")
	var w warnings
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), w.option())
	want := warnings{
		"apptuit: the environment variable APPTUIT_SOMETHING_ELSE has no effect: docs/settings.md lists the variables",
		"apptuit: the environment variable APPTUIT_TOKEN has no effect: did you mean APPTUIT_API_TOKEN?",
	}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Error(diff)
	}
	w = nil
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithoutEnvironment(), w.option())
	if len(w) > 0 {
		t.Errorf("with WithoutEnvironment: %q", w)
	}
}
