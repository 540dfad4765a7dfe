// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package amount

import "testing"

func TestOf_TakesThePluralUnlessTheNumberIsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{
		{0, "point", "0 points"},
		{1, "point", "1 point"},
		{2, "point", "2 points"},
		{2, "batch", "2 batches"},
		{2, "series", "2 series"},
		{1, "series", "1 series"},
		{2, "query", "2 queries"},
		{2, "key", "2 keys"},
		{2, "bad suffix", "2 bad suffixes"},
		{3, "data point", "3 data points"},
	} {
		if got := Of(c.n, c.noun); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.n, c.noun, got, c.want)
		}
	}
}

func TestAre_AgreesWithTheNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 points are", 1: "1 point is", 2: "2 points are"} {
		if got := Are(n, "point"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestWere_AgreesWithTheNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 points were", 1: "1 point was", 2: "2 points were"} {
		if got := Were(n, "point"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestBytes_HasOneDecimalFromOneKiBOn(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 1023: "1023 bytes", 1024: "1.0 KiB", 1 << 20: "1.0 MiB", 1_258_291: "1.2 MiB", 3 << 30: "3.0 GiB", 5 << 50: "5120.0 TiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
