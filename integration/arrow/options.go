// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow

import "github.com/apache/arrow-go/v18/arrow/memory"

// Option configures [Record] and [LongRecord].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct{ allocator memory.Allocator }

func newConfig(opts []Option) config {
	var c config
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	if c.allocator == nil {
		c.allocator = memory.DefaultAllocator
	}
	return c
}

// WithAllocator sets the allocator of the record's memory. The default, also for nil, is
// memory.DefaultAllocator, which uses Go's heap. Release frees the memory.
func WithAllocator(allocator memory.Allocator) Option {
	return optionFunc(func(c *config) { c.allocator = allocator })
}
