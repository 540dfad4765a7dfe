// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestWithoutPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"apptuit: client is closed":            "client is closed",
		"apptuit: configuration: a: no\nb: no": "a: no\nb: no",
		"spool: no":                            "spool: no",
	} {
		if got := client.WithoutPrefix(errors.New(text)).Error(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if err := client.WithoutPrefix(nil); err != nil {
		t.Errorf("nil becomes %v", err)
	}
	if err := fmt.Errorf("apptuit: query: %w", client.WithoutPrefix(apptuitclient.ErrClosed)); !errors.Is(err, apptuitclient.ErrClosed) {
		t.Errorf("%v does not wrap ErrClosed", err)
	}
}

// An error of a closed client has the prefix once.
func TestErrors_HaveOnePrefix(t *testing.T) {
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	err := c.Send(t.Context(), []apptuitclient.DataPoint{{Metric: "m", Tags: map[string]string{"a": "b"}, Timestamp: time.Unix(1, 0), Value: 1}})
	if want := "apptuit: 0 points sent, 1 failed: client is closed (context canceled)"; err == nil || err.Error() != want || !errors.Is(err, apptuitclient.ErrClosed) {
		t.Errorf("%v, want %s", err, want)
	}
}
