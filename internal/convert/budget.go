// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "sync/atomic"

// Budget bounds the bytes that several converters keep together. It is safe for
// concurrent use.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used returns the bytes in use.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit returns the bytes that may be in use.
func (b *Budget) Limit() int64 { return b.limit }

// Take takes n bytes and reports whether there was room for them. With a negative n it
// gives bytes back.
func (b *Budget) Take(n int64) bool {
	if b.used.Add(n) > b.limit && n > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

// room returns for how many series of the usual size there is room.
func (b *Budget) room() int { return int(max(0, b.limit-b.Used()) / usualSeries) }
