// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"strings"
	"sync"
)

const redacted = "[redacted]"

// redactor takes the secrets of a client out of texts: servers, proxies and
// token sources may quote them.
type redactor struct {
	mu      sync.RWMutex
	secrets []string
}

// maxSecrets bounds the tokens that are remembered: the latest ones.
const maxSecrets = 32

func (r *redactor) add(secret string) {
	if secret == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.secrets {
		if s == secret {
			return
		}
	}
	if len(r.secrets) == maxSecrets {
		r.secrets = r.secrets[1:]
	}
	r.secrets = append(r.secrets, secret)
}

func (r *redactor) text(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// error returns err, or if its text has a secret, an error that wraps it under
// a text that has none.
func (r *redactor) error(err error) error {
	text := r.text(err.Error())
	if text == err.Error() {
		return err
	}
	return &redactedError{text}
}

// redactedError does not unwrap: the cause would print the secret again.
type redactedError struct{ text string }

func (e *redactedError) Error() string { return e.text }
