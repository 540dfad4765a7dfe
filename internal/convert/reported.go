// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// reported remembers what has been reported and is not noted in a point, so
// that it is reported once. The zero value is ready for use.
type reported[K comparable] struct {
	collisions map[CollisionError]struct{}
	faults     map[faultKey[K]]fault
}

type faultKey[K comparable] struct {
	instrument Identity
	point      K
}

// maxReported bounds each of the maps. Beyond it everything is new again.
const maxReported = 1000

// collision reports whether a collision is known, and notes it.
func (r *reported[K]) collision(e CollisionError) bool {
	_, known := r.collisions[e]
	if !known {
		r.collisions = bounded(r.collisions)
		r.collisions[e] = struct{}{}
	}
	return known
}

// fault reports whether a kind of fault of a point is known, and notes it.
func (r *reported[K]) fault(i Identity, point K, kind fault) bool {
	key := faultKey[K]{i, point}
	told, noted := r.faults[key]
	if !noted {
		r.faults = bounded(r.faults)
	}
	r.faults[key] = told | kind
	return told&kind != 0
}

// bounded returns the map with room for one more.
func bounded[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return make(map[K]V)
	}
	if len(m) >= maxReported {
		clear(m)
	}
	return m
}
