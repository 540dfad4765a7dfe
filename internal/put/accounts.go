// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

// Accounts divides the points and the bytes of batches among accounts, which the caller
// numbers from 0. The calls are Reset, [Builder.Track], and then [Builder.Account] before each
// point whose account differs from the account of the point before.
//
// The sum of all bytes is the size of all bodies. With [Gzip], from the second chunk of a
// body on, the bytes between two calls of Account belong to that account. With [None] they
// always do. The bytes of the first chunk, and with [Deflate] of the whole body, are divided
// in proportion to the text, since the compressor collects it. The end of a body belongs to
// its last account.
//
// An Accounts belongs to one goroutine, that of the builder.
type Accounts struct {
	all     []account
	current uint32
	open    []uint32 // accounts with text whose bytes are not known yet
	// The place where the points of the current account begin: in the batch, in the text of
	// the chunk, and in the compressed body.
	points, text, body int
}

type account struct {
	points int
	bytes  int64
	text   int64 // bytes of text whose compressed size is not known yet
}

// Reset removes all accounts. Points before the first call of Account belong to account 0.
func (a *Accounts) Reset() {
	*a = Accounts{all: append(a.all[:0], account{}), open: a.open[:0]}
}

// Points returns the number of points of an account.
func (a *Accounts) Points(id uint32) int {
	if int(id) >= len(a.all) {
		return 0
	}
	return a.all[id].points
}

// Bytes returns the share of an account in the compressed bodies of delivered batches.
func (a *Accounts) Bytes(id uint32) int64 {
	if int(id) >= len(a.all) {
		return 0
	}
	return a.all[id].bytes
}

// Track makes the builder divide points and bytes among accounts, until Close. It must be
// called before the first Append.
func (b *Builder) Track(a *Accounts) { b.accounts = a }

// Account sets the account of the points that follow. Without Track it does nothing.
func (b *Builder) Account(id uint32) {
	if b.accounts != nil && b.accounts.current != id {
		b.changeAccount(id)
	}
}

func (b *Builder) changeAccount(id uint32) {
	a := b.accounts
	if b.chunk != nil {
		a.count(len(b.sources), len(b.chunk.text))
		if b.z != nil {
			a.divideWritten(b.z)
		}
	}
	for int(id) >= len(a.all) {
		a.all = append(a.all, account{})
	}
	a.current = id
}

// count adds the points and the text of the current account, up to an offset in the batch
// and in the chunk.
func (a *Accounts) count(points, text int) {
	c := &a.all[a.current]
	c.points += points - a.points
	if text > a.text {
		if c.text == 0 {
			a.open = append(a.open, a.current)
		}
		c.text += int64(text - a.text)
	}
	a.points, a.text = points, text
}

// divideWritten divides the bytes that the compressor has written, if they are all bytes of
// the text so far.
func (a *Accounts) divideWritten(z compressor) {
	if n, complete := z.size(); complete {
		a.divide(n)
	}
}

// divide divides the bytes of the body since the last call, up to an offset, among the open
// accounts.
func (a *Accounts) divide(body int) {
	var text int64
	for _, id := range a.open {
		text += a.all[id].text
	}
	bytes, before, given := int64(body-a.body), int64(0), int64(0)
	for _, id := range a.open {
		c := &a.all[id]
		before += c.text
		upTo := bytes * before / text
		c.bytes += upTo - given
		given, c.text = upTo, 0
	}
	if len(a.open) > 0 {
		a.body = body
	}
	a.open = a.open[:0]
}

// endChunk counts a chunk that was flushed.
func (b *Builder) endChunk() {
	if a := b.accounts; a != nil {
		a.count(len(b.sources), len(b.chunk.text))
		a.divideWritten(b.z)
		a.text = 0
	}
}

// endBody divides the rest of a body.
func (b *Builder) endBody(size int) {
	if a := b.accounts; a != nil {
		a.divide(size)
		a.all[a.current].bytes += int64(size - a.body) // the end of the body has no text of its own
		a.points, a.body = 0, 0
	}
}
