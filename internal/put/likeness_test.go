// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"hash/maphash"
	"math/rand/v2"
	"testing"
)

func TestLike(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		a, b, want := random.Uint64(), random.Uint64(), 0
		for i := range 8 {
			if random.IntN(2) == 0 {
				mask := uint64(0xff) << (8 * i)
				b = b&^mask | a&mask
			}
			if uint8(a>>(8*i)) == uint8(b>>(8*i)) {
				want++
			}
		}
		if got := likeness(a).like(likeness(b)); got != want {
			t.Fatalf("%x and %x: %d, want %d", a, b, got, want)
		}
	}
}

func TestLikenessIsOfTags(t *testing.T) {
	seed := maphash.MakeSeed()
	of := func(values ...string) likeness { return likenessOf(seed, labelled("m", values...)) }
	a := of("1", "2", "3", "4")
	if a != of("1", "2", "3", "4") {
		t.Error("a prefix is not like itself")
	}
	if one, two := a.like(of("1", "x", "3", "4")), a.like(of("y", "x", "3", "4")); one < 7 || two < 6 {
		t.Errorf("%d parts of 8 are the same with one other tag, %d with two", one, two)
	}
	many := make([]string, 20)
	if l := likenessOf(seed, labelled("m", many...)); l != likenessOf(seed, labelled("m", many...)) {
		t.Error("more parts than hashes")
	}
	likenessOf(seed, nil)
}
