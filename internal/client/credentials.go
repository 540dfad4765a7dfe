// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/apptuitai/apptuit-go/internal/env"
)

// credentials determines the Authorization header of each request. It is safe for
// concurrent use.
type credentials struct {
	user   string                                // of Basic authentication; empty for Bearer
	source func(context.Context) (string, error) // returns the token; nil without a token
	file   string                                // the token file, if source reads one: it is called again when the file changes
	redact *redactor
	asking chan struct{} // capacity 1: one goroutine calls source at a time

	mu       sync.Mutex        // guards the fields below
	token    string            // the last one that source has returned
	hasToken bool              // source has returned a token
	read     fileState         // state of the file when source was last called
	denied   map[string]denial // by token: the calls of source because of a 403
}

// denial records that the source was called because a server answered 403 to a token.
type denial struct {
	at  time.Time // when
	err error     // the error of the source, nil if it returned a token
}

const (
	// denialInterval is the least time between two calls of the source because of 403
	// answers to the same token. A 403 can mean that the token has expired, or that it is
	// valid but lacks a permission, which another token would lack too.
	denialInterval = time.Minute
)

func newCredentials() *credentials {
	return &credentials{redact: &redactor{}, asking: make(chan struct{}, 1), denied: make(map[string]denial)}
}

// lookup returns the current token. It calls the source if there is no token yet, or if the
// token file has changed.
func (c *credentials) lookup(ctx context.Context) (string, error) {
	if c.source == nil {
		return "", nil
	}
	token, known := c.current()
	if known && c.file == "" {
		return token, nil
	}
	asked := ctx
	if known {
		var cancel context.CancelFunc
		asked, cancel = context.WithTimeout(ctx, waitForFile(ctx))
		defer cancel()
	}
	latest, err := c.ask(asked, func(state fileState) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		// While a file is missing, for example during a rotation, the last token is used.
		return !c.hasToken || state.found() && !state.equal(c.read)
	})
	if err != nil && known && ctx.Err() == nil {
		return token, nil // the disk is slow: use the last token
	}
	return latest, err
}

func (c *credentials) current() (token string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.hasToken
}

// refresh calls the source after the server has refused a token with 401 or 403, unless
// another request has already done so. It reports whether the current token differs from
// the refused one, so that another attempt is worthwhile.
func (c *credentials) refresh(ctx context.Context, refused string, status int) (bool, error) {
	if c.source == nil {
		return false, nil
	}
	asked := false
	token, err := c.ask(ctx, func(fileState) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		denied, before := c.denied[refused]
		asked = c.token == refused && (status != http.StatusForbidden || !before || time.Since(denied.at) >= denialInterval)
		return asked
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case status != http.StatusForbidden:
	case asked:
		c.deny(refused, err)
	case err == nil && token == refused:
		return false, c.denied[refused].err
	}
	return err == nil && token != refused, err
}

// deny records a call of the source because of a 403, and removes expired records.
func (c *credentials) deny(token string, err error) {
	now := time.Now()
	maps.DeleteFunc(c.denied, func(_ string, d denial) bool { return now.Sub(d.at) >= denialInterval })
	if len(c.denied) < maxRecent {
		c.denied[token] = denial{at: now, err: err}
	}
}

// ask calls the source if needed returns true for the state of the token file, and returns
// the current token. Concurrent calls wait for each other, because a source may return each
// token only once. When ctx ends, ask returns without waiting for a source or a disk that
// does not honour the context.
func (c *credentials) ask(ctx context.Context, needed func(fileState) bool) (string, error) {
	select {
	case c.asking <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("token: waiting for the token source: %w", ended(ctx))
	}
	type answer struct {
		token string
		err   error // the error of the source
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { <-c.asking }()
		token, err := c.askNow(ctx, needed)
		done <- answer{token, err}
	}()
	select {
	case a := <-done:
		return a.token, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done: // the source has returned because of the context
		return a.token, a.err
	default:
		return "", fmt.Errorf("token: waiting for the token source: %w", ended(ctx))
	}
}

// askNow is ask without waiting for concurrent calls. If a token file cannot be used, the
// last token remains current, and the file is read again when it changes.
func (c *credentials) askNow(ctx context.Context, needed func(fileState) bool) (string, error) {
	state := stateOf(c.file) // before the file is read, so that a change while it is read is noticed next time
	if !needed(state) {
		token, _ := c.current()
		return token, nil
	}
	token, err := c.callSource(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.token, c.hasToken, c.read = token, true, state
	case c.hasToken && c.file != "":
		c.read = state
	default:
		return "", fmt.Errorf("token: %w", c.redact.error(err))
	}
	return c.token, nil
}

// callSource calls the source and checks the token. It returns a panic of the source as an
// error, because the source runs on a goroutine of this package, where the program cannot
// recover it.
func (c *credentials) callSource(ctx context.Context) (token string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the token source panicked: %v", r)
		}
	}()
	text, err := c.source(ctx)
	token = trimToken(text)
	c.redact.addRecent(token)
	if err == nil {
		err = checkToken(token)
	}
	return token, err
}

// set adds the Authorization header for a token.
func (c *credentials) set(h http.Header, token string) {
	switch {
	case token == "":
	case c.user != "":
		r := http.Request{Header: h}
		r.SetBasicAuth(c.user, token)
		c.redact.addRecent(strings.TrimPrefix(h.Get("Authorization"), "Basic "))
	default:
		h.Set("Authorization", "Bearer "+token)
	}
}

// maxTokenFile bounds the size of a token file, in bytes.
const maxTokenFile = 64 << 10

// readTokenFile returns a token source that reads a file.
func readTokenFile(name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		text, err := readFile(ctx, name, maxTokenFile)
		return string(text), err
	}
}

// trimToken removes characters that files, editors and shells add around a token and that
// no token contains (RFC 6750, section 2.1): white space, a byte-order mark, zero-width
// spaces.
func trimToken(token string) string { return strings.TrimFunc(token, env.IsBlank) }

// checkToken returns an error for a token that cannot be sent in a header. The error does
// not contain the token.
func checkToken(token string) error {
	if token == "" {
		return errors.New("the token is empty")
	}
	if first, last := token[0], token[len(token)-1]; len(token) > 1 && first == last && (first == '"' || first == '\'') {
		return errors.New("the token is enclosed in quotation marks: remove them")
	}
	for _, r := range token {
		if r <= ' ' || r == 0x7f || unicode.IsSpace(r) {
			return errors.New("the token contains white space or control characters")
		}
	}
	return nil
}
