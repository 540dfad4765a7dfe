// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

// arena allocates many short slices from few long ones.
type arena[T any] struct{ pieces [][]T }

const (
	pieceSize = 4 << 10
	// keptPieces is the number of pieces that are kept after a reset.
	keptPieces = 32
)

// take returns an empty slice with room for n values. It is valid until reset.
func (a *arena[T]) take(n int) []T {
	last := len(a.pieces) - 1
	if last < 0 || len(a.pieces[last])+n > cap(a.pieces[last]) {
		a.grow(n)
		last++
	}
	p := a.pieces[last]
	a.pieces[last] = p[:len(p)+n]
	return p[len(p) : len(p) : len(p)+n]
}

// grow appends an empty piece with room for n values: one from before the reset, if it is
// large enough.
func (a *arena[T]) grow(n int) {
	if next := len(a.pieces); next < cap(a.pieces) {
		if p := a.pieces[:next+1][next]; cap(p) >= n {
			a.pieces = append(a.pieces, p[:0])
			return
		}
	}
	a.pieces = append(a.pieces, make([]T, 0, max(n, pieceSize)))
}

// reset makes all slices invalid.
func (a *arena[T]) reset() {
	if len(a.pieces) > keptPieces {
		clear(a.pieces[keptPieces:])
	}
	a.pieces = a.pieces[:0]
}
