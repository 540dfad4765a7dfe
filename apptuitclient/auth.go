// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
)

// credentials gives each request its Authorization.
type credentials struct {
	user   string
	source func(context.Context) (string, error) // nil: no Authorization
	file   string                                // source reads it: ask whenever it changes
	redact *redactor
	asking chan struct{} // has room for the one who asks the source

	mu    sync.Mutex
	token string
	known bool
	read  fileState // of the file when the source was asked last
}

func newCredentials() *credentials {
	return &credentials{redact: &redactor{}, asking: make(chan struct{}, 1)}
}

// lookup returns the token in force, asking for it if there is none yet or its
// file has changed.
func (c *credentials) lookup(ctx context.Context) (string, error) {
	if c.source == nil {
		return "", nil
	}
	if token, ok := c.inForce(); ok {
		return token, nil
	}
	if err := c.enter(ctx); err != nil {
		return "", err
	}
	defer c.leave()
	if token, ok := c.inForce(); ok { // another request has asked meanwhile
		return token, nil
	}
	return c.ask(ctx)
}

// inForce returns the token unless the source is to be asked. A file that is
// gone, as during a rotation, leaves the token in force.
func (c *credentials) inForce() (token string, ok bool) {
	state, found := stateOf(c.file)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token, c.known && (!found || state == c.read)
}

// refresh asks for the token again after the server has refused this one,
// unless another request has done so meanwhile. It reports whether there is
// one worth trying.
func (c *credentials) refresh(ctx context.Context, refused string) (bool, error) {
	if c.source == nil {
		return false, nil
	}
	if err := c.enter(ctx); err != nil {
		return false, err
	}
	defer c.leave()
	c.mu.Lock()
	current := c.token
	c.mu.Unlock()
	if current != refused {
		return true, nil
	}
	token, err := c.ask(ctx)
	return err == nil && token != refused, err
}

// enter waits until nobody else asks: a source that gives each token away once
// is not asked for two.
func (c *credentials) enter(ctx context.Context) error {
	select {
	case c.asking <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("token: waiting for the source: %w", ended(ctx))
	}
}

func (c *credentials) leave() { <-c.asking }

// ask asks the source. A file that cannot be used is tried once a change; the
// last token stays in force.
func (c *credentials) ask(ctx context.Context) (string, error) {
	state, _ := stateOf(c.file) // before it is read: a later change will be seen
	token, err := c.source(ctx) // not under the lock: it may take its time
	c.redact.add(token)
	if err == nil {
		err = checkToken(token)
	}
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

// checkToken refuses what could not be a header, without showing it.
func checkToken(token string) error {
	if token == "" {
		return errors.New("is empty")
	}
	for _, r := range token {
		if r <= ' ' || r == 0x7f {
			return errors.New("contains white space or control characters")
		}
	}
	return nil
}

func readTokenFile(name string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		text, err := os.ReadFile(name)
		return strings.TrimSpace(string(text)), err
	}
}

// fileState tells one content of a file from the next.
type fileState struct{ modified, size int64 }

// stateOf returns false for a file that is not there, or no file at all.
func stateOf(name string) (fileState, bool) {
	if name == "" {
		return fileState{}, false
	}
	info, err := os.Stat(name)
	if err != nil {
		return fileState{}, false
	}
	return fileState{info.ModTime().UnixNano(), info.Size()}, true
}
