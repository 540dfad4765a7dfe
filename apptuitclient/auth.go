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
	"time"
)

// credentials gives each request its Authorization.
type credentials struct {
	user   string
	source func(context.Context) (string, error) // nil: no Authorization
	file   string                                // source reads it: ask whenever it changes

	mu       sync.Mutex
	token    string
	known    bool
	modified time.Time
	size     int64
	redact   *redactor
}

// lookup returns the token in force, asking for it if there is none yet or its
// file has changed.
func (c *credentials) lookup(ctx context.Context) (string, error) {
	if c.source == nil {
		return "", nil
	}
	c.mu.Lock()
	changed := c.fileChanged()
	token, known := c.token, c.known && !changed
	c.mu.Unlock()
	if known {
		return token, nil
	}
	return c.ask(ctx)
}

// fileChanged also notes the file's state, so that a file that cannot be used
// is tried once a change. A file that is gone, as during a rotation, leaves
// the token in force.
func (c *credentials) fileChanged() bool {
	if c.file == "" {
		return false
	}
	info, err := os.Stat(c.file)
	if err != nil || info.ModTime().Equal(c.modified) && info.Size() == c.size {
		return false
	}
	c.modified, c.size = info.ModTime(), info.Size()
	return true
}

// refresh asks for the token again after the server has refused this one,
// unless another request has done so meanwhile. It reports whether there is
// one worth trying.
func (c *credentials) refresh(ctx context.Context, refused string) bool {
	if c.source == nil {
		return false
	}
	c.mu.Lock()
	current := c.token
	c.mu.Unlock()
	if current != refused {
		return true
	}
	token, err := c.ask(ctx)
	return err == nil && token != refused
}

func (c *credentials) ask(ctx context.Context) (string, error) {
	token, err := c.source(ctx) // not under the lock: it may take its time
	if err == nil {
		err = checkToken(token)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if c.known && c.file != "" {
			return c.token, nil
		}
		return "", fmt.Errorf("token: %w", c.redact.error(err))
	}
	c.token, c.known = token, true
	c.redact.add(token)
	return token, nil
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
