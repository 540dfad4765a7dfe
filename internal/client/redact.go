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

// redactor removes the secrets of a client from text of other origin: servers, proxies
// and token sources may quote a secret. The client's own words are never given to it: a
// token may be an ordinary word.
type redactor struct {
	mu     sync.RWMutex
	fixed  []string     // of the configuration
	recent []string     // of the requests, the latest last
	index  *secretIndex // of both; nil after a change
}

const (
	// maxRecent bounds the tokens and the like that are remembered.
	maxRecent = 32
	// minSecret is the length, in bytes, below which nothing is taken for a
	// secret: the header value "1" would make every text unreadable.
	minSecret = 3
)

// keep adds a secret for good.
func (r *redactor) keep(secret string) {
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

// keepHeader keeps the value of a header, and each part of it that a server may quote
// by itself: the credentials after a scheme ("Bearer …"), user and password of Basic
// credentials, and the values of a list of pairs, as cookies are.
func (r *redactor) keepHeader(value string) {
	r.keep(value)
	for pair := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ';' || c == ',' }) {
		if _, v, ok := strings.Cut(pair, "="); ok {
			v = strings.Trim(strings.TrimSpace(v), `"`)
			r.keep(v)
			if decoded, err := url.PathUnescape(v); err == nil {
				r.keep(decoded)
			}
		}
	}
	scheme, credentials, ok := strings.Cut(value, " ")
	if !ok {
		return
	}
	credentials = strings.TrimSpace(credentials)
	r.keep(credentials)
	if !strings.EqualFold(scheme, "Basic") {
		return
	}
	if text, err := base64.StdEncoding.DecodeString(credentials); err == nil {
		r.keep(string(text))
		_, password, _ := strings.Cut(string(text), ":")
		r.keep(password)
	}
}

// add adds a secret that others will follow: the latest are remembered.
func (r *redactor) add(secret string) {
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

// text returns the beginning of s without secrets, however they are encoded in it.
func (r *redactor) text(s string) string {
	return r.secrets().redact(s[:min(len(s), maxText)], len(s) > maxText)
}

// line returns a text as [OneLine] does, without secrets.
func (r *redactor) line(s string) string { return r.cutLine(s, false) }

// maxSearched bounds the text that is searched for secrets, in bytes. An error shows
// much less.
const maxSearched = 4 << 10

// cutLine is line of a text that may be the beginning of a longer one: then a secret
// that its end has cut is removed, too.
func (r *redactor) cutLine(s string, cut bool) string {
	return OneLine(r.search(s, cut))
}

// search returns the beginning of a text, on one line, without secrets. The line is made
// first: a secret may have blanks in it, which the server writes in another way.
func (r *redactor) search(s string, cut bool) string {
	if len(s) > maxText {
		s, cut = s[:maxText], true
	}
	if s = joinFields(s); len(s) > maxSearched {
		s, cut = s[:maxSearched], true
	}
	return r.secrets().redact(s, cut)
}

// error returns err, or if its text is long, of several lines, or has a secret, an error
// under a text that is not and has none.
func (r *redactor) error(err error) error {
	text := err.Error()
	clean := strings.ToValidUTF8(r.search(text, false), "\uFFFD")
	if clean == text {
		return err
	}
	const most = 1000
	if runes := []rune(clean); len(runes) > most {
		clean = string(runes[:most]) + "…"
	}
	return &redactedError{text: clean, is: func(target error) bool { return errors.Is(err, target) }}
}

// redactedError does not unwrap: the cause would print the secret again.
type redactedError struct {
	text string
	is   func(error) bool
}

func (e *redactedError) Error() string { return e.text }

// Is lets errors.Is find what the cause is.
func (e *redactedError) Is(target error) bool { return e.is(target) }

// OneLine makes a text one short line.
func OneLine(s string) string {
	const most, enough = 200, 2048
	s = joinFields(strings.ToValidUTF8(s[:min(len(s), enough)], "\uFFFD"))
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// joinFields puts a single blank in the place of white space and control characters, and
// none at the ends.
func joinFields(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
