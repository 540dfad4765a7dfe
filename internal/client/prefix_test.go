// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"testing"

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
