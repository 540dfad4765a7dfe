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

// credentials gives each request its Authorization.
type credentials struct {
	user   string
	source func(context.Context) (string, error) // nil: no Authorization
	file   string                                // source reads it: ask whenever it changes
	redact *redactor
	asking chan struct{} // has room for the one who asks the source

	mu     sync.Mutex
	token  string
	known  bool
	read   fileState // of the file when the source was asked last
	denied map[string]denial
}

// denial is that the source was asked again because of a 403 for a token.
type denial struct {
	at  time.Time
	err error // of the source
}

const (
	// denialInterval is the time between two questions for another token after a 403:
	// a gateway may answer 403 for an expired token, and a server for one that is not
	// allowed to do this.
	denialInterval = time.Minute
	// fileWait is how long a request waits for the token file to be read before it uses
	// the token that it has.
	fileWait = 2 * time.Second
	// tokenFileTimeout bounds how long New waits for the token file.
	tokenFileTimeout = 10 * time.Second
)

func newCredentials() *credentials {
	return &credentials{redact: &redactor{}, asking: make(chan struct{}, 1), denied: make(map[string]denial)}
}

// lookup returns the token in force, asking for it if there is none yet or its
// file has changed.
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
		wait := fileWait
		if deadline, ok := ctx.Deadline(); ok {
			wait = min(wait, time.Until(deadline)/2)
		}
		asked, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	latest, err := c.ask(asked, func(state fileState, found bool) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		// A file that is gone, as during a rotation, leaves the token in force.
		return !c.known || found && state != c.read
	})
	if err != nil && known && ctx.Err() == nil {
		return token, nil // the disk does not answer
	}
	return latest, err
}

func (c *credentials) current() (token string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.known
}

// refresh asks for the token again after the server has refused this one with 401 or
// 403, unless another request has done so meanwhile. It reports whether there is
// one worth trying.
func (c *credentials) refresh(ctx context.Context, refused string, status int) (bool, error) {
	if c.source == nil {
		return false, nil
	}
	asked := false
	token, err := c.ask(ctx, func(fileState, bool) bool {
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

// deny notes that the source was asked because of a 403, and forgets older notes.
func (c *credentials) deny(token string, err error) {
	now := time.Now()
	maps.DeleteFunc(c.denied, func(_ string, d denial) bool { return now.Sub(d.at) >= denialInterval })
	if len(c.denied) < maxRecent {
		c.denied[token] = denial{at: now, err: err}
	}
}

// ask asks the source, if the state of its file is a reason to, and returns the token
// in force. Nobody else asks at the same time: a source that gives each token away
// once is not asked for two. When ctx ends, ask returns, and leaves behind a source or
// a disk that does not.
func (c *credentials) ask(ctx context.Context, needed func(fileState, bool) bool) (string, error) {
	select {
	case c.asking <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("token: waiting for the source: %w", ended(ctx))
	}
	type answer struct {
		token string
		err   error
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
	case a := <-done: // the source has honoured the context
		return a.token, a.err
	default:
		return "", fmt.Errorf("token: waiting for the source: %w", ended(ctx))
	}
}

// askNow asks the source. A file that cannot be used is tried once a change; the
// last token stays in force.
func (c *credentials) askNow(ctx context.Context, needed func(fileState, bool) bool) (string, error) {
	state, found := stateOf(c.file) // before it is read: a later change will be seen
	if !needed(state, found) {
		token, _ := c.current()
		return token, nil
	}
	token, err := c.callSource(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.token, c.known, c.read = token, true, state
	case c.known && c.file != "":
		c.read = state
	default:
		return "", fmt.Errorf("token: %w", c.redact.error(err))
	}
	return c.token, nil
}

// callSource calls the source, whose panic is its error: nobody else could recover it.
func (c *credentials) callSource(ctx context.Context) (token string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the source has panicked: %v", r)
		}
	}()
	text, err := c.source(ctx)
	token = trimToken(text)
	c.redact.add(token)
	if err == nil {
		err = checkToken(token)
	}
	return token, err
}

func (c *credentials) set(h http.Header, token string) {
	switch {
	case token == "":
	case c.user != "":
		r := http.Request{Header: h}
		r.SetBasicAuth(c.user, token)
		c.redact.add(strings.TrimPrefix(h.Get("Authorization"), "Basic "))
	default:
		h.Set("Authorization", "Bearer "+token)
	}
}

// trimToken removes what files, editors and shells leave around a token, and what RFC
// 6750 has in none: white space, a byte-order mark, zero-width spaces.
func trimToken(token string) string { return strings.TrimFunc(token, env.IsBlank) }

// checkToken refuses what could not be a header, without showing it.
func checkToken(token string) error {
	if token == "" {
		return errors.New("is empty")
	}
	if first, last := token[0], token[len(token)-1]; len(token) > 1 && first == last && (first == '"' || first == '\'') {
		return errors.New("is in quotation marks, which are not a part of it: remove them")
	}
	for _, r := range token {
		if r <= ' ' || r == 0x7f || unicode.IsSpace(r) {
			return errors.New("contains white space or control characters")
		}
	}
	return nil
}
