// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Batch is an immutable, compressed put body. Its memory is reused when all owners have
// released the batch and all of its readers are closed.
type Batch struct {
	codec     *Codec
	body      []byte
	points    int
	raw       int64
	sources   []uint32
	uncounted int
	refs      atomic.Int32
}

// Points returns the number of points, uncounted ones included.
func (b *Batch) Points() int { return b.points }

// Counted returns the number of points whose source is not [Uncounted].
func (b *Batch) Counted() int { return b.points - b.uncounted }

// Size returns the length of the compressed body, in bytes.
func (b *Batch) Size() int { return len(b.body) }

// RawSize returns the length of the uncompressed body, in bytes.
func (b *Batch) RawSize() int64 { return b.raw }

// Encoding returns the encoding of the body.
func (b *Batch) Encoding() Encoding { return b.codec.encoding }

// Source returns the source of point i.
func (b *Batch) Source(i int) uint32 { return b.sources[i] }

// Uncounted appends the indexes of the points whose source is [Uncounted].
func (b *Batch) Uncounted(dst []uint32) []uint32 {
	for i, source := range b.sources {
		if source == Uncounted {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// Body returns the compressed body, which is valid until the batch is released.
func (b *Batch) Body() []byte { return b.body }

// Retain adds an owner, which must release the batch, too.
func (b *Batch) Retain() { b.refs.Add(1) }

// newBatch returns a batch, which owns the body and the sources from then on.
func (c *Codec) newBatch(body []byte, raw int64, sources []uint32, uncounted int) *Batch {
	b := &Batch{codec: c, body: body, points: len(sources), raw: raw, sources: sources, uncounted: uncounted}
	b.refs.Store(1)
	return b
}

// Load returns a batch with the body of an earlier batch, for example from a file. The new
// batch owns the body. It knows no sources but the indexes of uncounted points.
func (c *Codec) Load(body []byte, points int, raw int64, uncounted []uint32) *Batch {
	sources := make([]uint32, points)
	for _, i := range uncounted {
		sources[i] = Uncounted
	}
	return c.newBatch(body, raw, sources, len(uncounted))
}

// Open returns a reader of the compressed body. The batch must not have been released. The
// reader may be closed while another goroutine reads from it, as HTTP transports do, and
// more than once.
func (b *Batch) Open() io.ReadCloser {
	b.refs.Add(1)
	return &bodyReader{batch: b, rest: b.body}
}

// Release ends the use of the batch by an owner. Each owner must call it once.
func (b *Batch) Release() {
	if b.refs.Add(-1) == 0 {
		putSlice(&b.codec.bodies, b.body)
		putSlice(&b.codec.sources, b.sources)
		b.body, b.sources = nil, nil
	}
}

var errClosed = errors.New("put: read from a closed body")

// bodyReader deliberately has no WriteTo method: a copy would go on to read the bytes after
// Close.
type bodyReader struct {
	mu    sync.Mutex
	batch *Batch // nil once closed
	rest  []byte
	whole bool // closed after the whole body was read
}

func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.whole: // a transport may ask for the end of the body after Close
		return 0, io.EOF
	case r.batch == nil:
		return 0, errClosed
	case len(r.rest) == 0:
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.batch != nil {
		r.whole = len(r.rest) == 0
		r.batch.Release()
		r.batch, r.rest = nil, nil
	}
	return nil
}

// Rejection is a point that cannot be part of a batch.
type Rejection struct {
	Source    uint32 // see [Builder.Append]
	Metric    string
	Tags      []model.Tag
	Timestamp int64
	Value     model.Value
	Err       error
	// Collision says that another point has the same series and timestamp. Otherwise the
	// point itself is invalid.
	Collision bool
	// Reported says that the same fault was reported before. Then the rejection has no
	// other fields but Source.
	Reported bool
}
