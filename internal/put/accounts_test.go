// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// With any order of points and any limits of batches, the bytes of all accounts add up to the
// size of the bodies, and each account has the number of its points.
func TestAccounts_SumIsTheSizeOfTheBodies(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		codec := NewCodec(encodings()[seed%3])
		limits := unlimited()
		if seed%4 == 1 {
			limits = Limits{Points: 1 + random.IntN(3000), Bytes: 1 + random.Int64N(1<<20)}
		}
		b := newTestBuilder(t, codec, limits)
		var accounts Accounts
		for range 2 { // the second round reuses the memory of the first
			accounts.Reset()
			b.Track(&accounts)
			points := make([]int, 20)
			account := 0
			for i := range random.IntN(8000) {
				if random.IntN(1+int(seed)) == 0 {
					account = random.IntN(len(points))
				}
				b.Account(uint32(account))
				b.add(i, i+1)
				points[account]++
			}
			b.Flush()
			var want, got int64
			for _, batch := range b.take() {
				want += int64(batch.Size())
			}
			for id, n := range points {
				got += accounts.Bytes(uint32(id))
				if accounts.Points(uint32(id)) != n || accounts.Bytes(uint32(id)) < 0 || (accounts.Bytes(uint32(id)) == 0) != (n == 0) {
					t.Errorf("seed %d, account %d: %d points of %d, %d bytes", seed, id, accounts.Points(uint32(id)), n, accounts.Bytes(uint32(id)))
				}
			}
			if got != want {
				t.Errorf("seed %d: the accounts have %d bytes, the bodies %d", seed, got, want)
			}
		}
		b.Close()
	}
}

// In a batch with points that compress well, points that compress badly have about as many bytes
// as in a batch of their own, and most bytes of the batch.
func TestAccounts_BytesFollowTheCompressionOfTheText(t *testing.T) {
	const n, rounds = 700, 10 // the text of each round is longer than a chunk
	random := rand.New(rand.NewPCG(1, 1))
	hard := func() *Line {
		return lineOf(AppendPrefix(nil, "hard", []model.Tag{{Key: "id", Value: fmt.Sprintf("%032x%032x", random.Uint64(), random.Uint64())}}), 1700000000)
	}
	easy := func(i int) *Line { return lineOf(prefixOf(i%10), 1700000000) }
	size := func(each func(b *testBuilder, a *Accounts)) (all int64, accounts Accounts) {
		b := newTestBuilder(t, NewCodec(Gzip), unlimited())
		accounts.Reset()
		b.Track(&accounts)
		each(b, &accounts)
		b.Flush()
		return int64(b.one().Size()), accounts
	}
	alone, _ := size(func(b *testBuilder, _ *Accounts) {
		for range n * rounds {
			b.Append(hard(), model.Int(1), 1)
		}
	})
	both, accounts := size(func(b *testBuilder, _ *Accounts) {
		for range rounds {
			b.Account(1)
			for i := range n {
				b.Append(easy(i), model.Int(1), 1)
			}
			b.Account(2)
			for range n {
				b.Append(hard(), model.Int(1), 1)
			}
		}
	})
	got := accounts.Bytes(2)
	if ratio := float64(got) / float64(alone); ratio < 0.93 || ratio > 1.07 {
		t.Errorf("the points that compress badly have %d of %d bytes, and %d bytes in a batch of their own", got, both, alone)
	}
	if rest := both - got; rest > both/4 {
		t.Errorf("the points that compress well have %d of %d bytes", rest, both)
	}
}

// Without compression, the bytes of an account are the bytes of its lines.
func TestAccounts_BytesWithoutCompressionAreExact(t *testing.T) {
	b := newTestBuilder(t, NewCodec(None), unlimited())
	var accounts Accounts
	accounts.Reset()
	b.Track(&accounts)
	want := [2]int64{int64(len(bodyStart) - len(separator))}
	last := uint32(0)
	for i := range 5000 {
		last = uint32(i / 10 % 2)
		b.Account(last)
		b.add(i, i+1)
		line := lineOf(prefixOf(i), int64(1700000000+i))
		want[last] += int64(len(separator) + line.Len() + len(model.Int(int64(i)).Append(nil)))
	}
	b.Flush()
	want[last] += int64(len(bodyEnd))
	for id := range want {
		if got := accounts.Bytes(uint32(id)); got != want[id] {
			t.Errorf("account %d has %d bytes, want %d", id, got, want[id])
		}
	}
}

func TestBuilder_Account_AllocatesNothing(t *testing.T) {
	b := newTestBuilder(t, NewCodec(Gzip), unlimited())
	var accounts Accounts
	accounts.Reset()
	b.Track(&accounts)
	b.add(0, 5000)
	b.Account(7)
	i := uint32(0)
	if n := testing.AllocsPerRun(100, func() { i++; b.Account(i % 8) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
