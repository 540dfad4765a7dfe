// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var errPassing = errors.New("passing")

// show returns a point as "LINE METRIC{KEY=VALUE} TIME VALUE", with - for a missing time or value.
func show(p Point) string {
	var tags []string
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		tags = append(tags, k+"="+p.Tags[k])
	}
	at, value := "-", "-"
	if !p.Time.IsZero() {
		at = p.Time.UTC().Format(time.RFC3339Nano)
	}
	if !p.Missing {
		value = "infinite"
		if p.Value.Finite() {
			value = string(p.Value.Append(nil))
		}
	}
	return fmt.Sprintf("%d %s{%s} %s %s", p.Line, p.Metric, strings.Join(tags, ","), at, value)
}

// readAll returns all points and errors as texts. For each of them, and for the end, it also returns
// the position after it and the checksum up to there.
func readAll(t testing.TB, in io.Reader, f Format) (all []string, places []Position, sums []string) {
	t.Helper()
	r := NewReader(in, f)
	for {
		p, err := r.Next()
		var line *LineError
		switch {
		case errors.Is(err, errPassing):
			continue
		case errors.Is(err, io.EOF):
			return all, append(places, r.Position()), append(sums, r.Sum())
		case err == nil:
			all = append(all, show(p))
		case errors.As(err, &line):
			all = append(all, err.Error())
		default:
			return append(all, "fatal: "+err.Error()), append(places, r.Position()), append(sums, r.Sum())
		}
		places, sums = append(places, r.Position()), append(sums, r.Sum())
	}
}

// hesitant is a reader that returns one byte at a time, and errPassing before each byte.
type hesitant struct {
	r     io.Reader
	ready bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.ready = !h.ready; h.ready {
		return 0, errPassing
	}
	return iotest.OneByteReader(h.r).Read(p)
}
