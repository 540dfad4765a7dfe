// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"cmp"
	"encoding/base64"
	"errors"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

const redacted = "[redacted]"

// redactor takes the secrets of a client out of texts: servers, proxies and
// token sources may quote them.
type redactor struct {
	mu     sync.RWMutex
	fixed  []string // of the configuration
	recent []string // of the requests, the latest last
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
	}
}

// keepHeader keeps the value of a header, what follows the scheme of credentials
// ("Bearer …"), and what that says ("Basic …").
func (r *redactor) keepHeader(value string) {
	r.keep(value)
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
	if i := slices.Index(r.recent, secret); i >= 0 {
		r.recent = slices.Delete(r.recent, i, i+1)
	} else if len(r.recent) == maxRecent {
		r.recent = slices.Delete(r.recent, 0, 1)
	}
	r.recent = append(r.recent, secret)
}

// forms returns a secret as it may be quoted: in a text, a URL, a page, as JSON.
func forms(secret string) []string {
	quoted := strconv.Quote(secret)
	quoted = quoted[1 : len(quoted)-1]
	return []string{
		secret, strings.TrimRight(secret, "="), url.QueryEscape(secret), url.PathEscape(secret),
		html.EscapeString(secret), quoted, strings.ReplaceAll(quoted, "/", `\/`),
	}
}

// text returns s without secrets.
func (r *redactor) text(s string) string {
	r.mu.RLock()
	known := slices.Concat(r.fixed, r.recent)
	r.mu.RUnlock()
	var secrets []string
	for _, secret := range known {
		for _, form := range forms(secret) {
			if len(form) >= minSecret && !slices.Contains(secrets, form) {
				secrets = append(secrets, form)
			}
		}
	}
	// The longest first: a secret may be a part of another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// line returns a text as [oneLine] does, without secrets. They go before the text
// is cut: the cut could leave a part of one.
func (r *redactor) line(s string) string { return oneLine(r.text(s)) }

// error returns err, or if its text has a secret, an error under a text that has
// none.
func (r *redactor) error(err error) error {
	text := r.text(err.Error())
	if text == err.Error() {
		return err
	}
	return &redactedError{text: text, is: func(target error) bool { return errors.Is(err, target) }}
}

// redactedError does not unwrap: the cause would print the secret again.
type redactedError struct {
	text string
	is   func(error) bool
}

func (e *redactedError) Error() string { return e.text }

// Is lets errors.Is find what the cause is.
func (e *redactedError) Is(target error) bool { return e.is(target) }

// oneLine makes a text one short line.
func oneLine(s string) string {
	const most, enough = 200, 2048
	s = strings.ToValidUTF8(s[:min(len(s), enough)], "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
