// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"testing"
)

// TestHintsOf_EndsWithTheContext cancels the context during the comparison of names.
func TestHintsOf_EndsWithTheContext(t *testing.T) {
	names, metrics := []string{"requests", "errors"}, []string{"requests", "error"}
	ctx, cancel := context.WithCancelCause(t.Context())
	if hints, err := hintsOf(ctx, names, metrics); len(hints) != 2 || err != nil {
		t.Errorf("%v, %v", hints, err)
	}
	gone := errors.New("nobody waits")
	cancel(gone)
	if hints, err := hintsOf(ctx, names, metrics); len(hints) != 0 || !errors.Is(err, gone) {
		t.Errorf("%v, %v", hints, err)
	}
}
