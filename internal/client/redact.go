// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const redacted = "[redacted]"

// redactor removes the secrets of a client from text that other parties produce: servers,
// proxies and token sources may quote a secret. It is not applied to the client's own text,
// because a token may be an ordinary word. It is safe for concurrent use.
type redactor struct {
	mu     sync.RWMutex
	fixed  []string     // from the configuration
	recent []string     // tokens and other secrets of requests, the latest last
	index  *secretIndex // of fixed and recent; nil after either has changed
}

const (
	// maxRecent bounds the secrets of requests that are remembered.
	maxRecent = 32
	// minSecret is the length, in bytes, from which a value is treated as a secret.
	// Removing a header value such as "1" would make every text unreadable.
	minSecret = 3
)

// addPermanent adds a secret that is never forgotten.
func (r *redactor) addPermanent(secret string) {
	if len(secret) < minSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.fixed, secret) {
		r.fixed = append(r.fixed, secret)
		r.index = nil
	}
}

// addHeader adds the value of a header, and each part of it that a server may quote by
// itself: the credentials after a scheme such as Bearer, the password of Basic credentials,
// and the values of a list of pairs, as in a Cookie header.
func (r *redactor) addHeader(value string) {
	r.addPermanent(value)
	for pair := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ';' || c == ',' }) {
		if _, v, ok := strings.Cut(pair, "="); ok {
			v = strings.Trim(strings.TrimSpace(v), `"`)
			r.addPermanent(v)
			if decoded, err := url.PathUnescape(v); err == nil {
				r.addPermanent(decoded)
			}
		}
	}
	scheme, credentials, ok := strings.Cut(value, " ")
	if !ok {
		return
	}
	credentials = strings.TrimSpace(credentials)
	r.addPermanent(credentials)
	if !strings.EqualFold(scheme, "Basic") {
		return
	}
	if text, err := base64.StdEncoding.DecodeString(credentials); err == nil {
		r.addPermanent(string(text))
		_, password, _ := strings.Cut(string(text), ":")
		r.addPermanent(password)
	}
}

// addRecent adds a secret that may be replaced, such as a token. The last maxRecent of them
// are remembered.
func (r *redactor) addRecent(secret string) {
	if len(secret) < minSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.recent); n > 0 && r.recent[n-1] == secret {
		return
	}
	r.index = nil
	if i := slices.Index(r.recent, secret); i >= 0 {
		r.recent = slices.Delete(r.recent, i, i+1)
	} else if len(r.recent) == maxRecent {
		r.recent = slices.Delete(r.recent, 0, 1)
	}
	r.recent = append(r.recent, secret)
}

// secrets returns the index of all secrets.
func (r *redactor) secrets() *secretIndex {
	r.mu.RLock()
	index := r.index
	r.mu.RUnlock()
	if index != nil {
		return index
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index == nil {
		r.index = newSecretIndex(r.fixed, r.recent)
	}
	return r.index
}

// text returns up to 64 KiB of s without secrets, in whichever encoding they occur.
func (r *redactor) text(s string) string {
	return r.secrets().redact(s[:min(len(s), maxText)], len(s) > maxText)
}

// line returns s without secrets, shortened by [OneLine].
func (r *redactor) line(s string) string { return r.cutLine(s, false) }

// maxSearched bounds how many bytes of a text are searched for secrets and kept. An error
// displays fewer.
const maxSearched = 4 << 10

// cutLine is like line. If cut is true, s is the beginning of a longer text, and a secret
// at its end that may be incomplete is removed too.
func (r *redactor) cutLine(s string, cut bool) string {
	return OneLine(r.search(s, cut))
}

// wholeLine is like cutLine, but it returns up to maxSearched bytes. It is for the answers to
// queries: a server's message about a long query can be long, too, and the user needs all of it.
func (r *redactor) wholeLine(s string, cut bool) string {
	line := strings.ToValidUTF8(r.search(s, cut), "\uFFFD")
	if cut || len(line) >= maxSearched {
		line += "…"
	}
	return line
}

// search returns the beginning of a text, on one line, without secrets. It joins the lines
// before it searches, because a secret can contain blanks that the server quotes as other
// white space.
func (r *redactor) search(s string, cut bool) string {
	if len(s) > maxText {
		s, cut = s[:maxText], true
	}
	if s = joinFields(s); len(s) > maxSearched {
		s, cut = s[:maxSearched], true
	}
	return r.secrets().redact(s, cut)
}

// error returns err if its text is short, on one line and without secrets. Otherwise it
// returns an error with a cleaned text that matches the same targets with errors.Is.
func (r *redactor) error(err error) error {
	text := err.Error()
	clean := strings.ToValidUTF8(r.search(text, false), "\uFFFD")
	if clean == text {
		return err
	}
	const limit = 1000 // characters
	if runes := []rune(clean); len(runes) > limit {
		clean = string(runes[:limit]) + "…"
	}
	return &redactedError{text: clean, is: func(target error) bool { return errors.Is(err, target) }}
}

// redactedError is an error with a cleaned text. It does not unwrap, because the text of
// its cause contains a secret.
type redactedError struct {
	text string
	is   func(error) bool
}

func (e *redactedError) Error() string { return e.text }

// Is reports whether the cause matches target.
func (e *redactedError) Is(target error) bool { return e.is(target) }

// OneLine returns a text on one line, shortened to 200 characters.
func OneLine(s string) string {
	const limit, searched = 200, 2048 // characters and bytes
	s = joinFields(strings.ToValidUTF8(s[:min(len(s), searched)], "\uFFFD"))
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

// joinFields replaces each sequence of white space and control characters by one blank, and
// removes it at both ends.
func joinFields(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
