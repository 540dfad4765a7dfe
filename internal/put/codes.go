// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"sync/atomic"

	"github.com/apptuitai/apptuit-go/internal/deflate"
)

// codes keeps the code table that bodies are written with. The table is made of a sample
// of earlier bodies, since a table of its own would have every body written twice. It is
// safe for concurrent use.
type codes struct {
	code   atomic.Pointer[deflate.Code]
	bodies atomic.Uint64
}

// current returns the table for the next body.
func (c *codes) current() *deflate.Code {
	code := c.code.Load()
	if code == nil {
		code = deflate.NewCode(nil)
		c.code.CompareAndSwap(nil, code)
	}
	return code
}

// sampled reports whether the next body is to be counted in a sample: the first one, and
// then fewer and fewer.
func (c *codes) sampled() bool {
	n := c.bodies.Add(1)
	return n&(n-1) == 0 || n%64 == 0
}

// learn makes the table of a sample.
func (c *codes) learn(s *deflate.Sample) { c.code.Store(deflate.NewCode(s)) }
