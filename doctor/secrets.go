// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the minimum length of a secret in bytes. A shorter text would be found, and replaced,
// in the middle of words.
const minSecret = 3

// secrets are the texts that findings must not contain.
type secrets struct{ all []string }

// keep adds a secret, in all forms in which a server may quote it.
func (s *secrets) keep(secret string) {
	secret = strings.TrimSpace(secret)
	quoted, _ := json.Marshal(secret) // of a string: no error
	for _, form := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), strings.Trim(string(quoted), `"`),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
	} {
		if len(form) >= minSecret && !slices.Contains(s.all, form) {
			s.all = append(s.all, form)
		}
	}
	// The longest first: a secret may be a part of another.
	slices.SortStableFunc(s.all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// keepToken adds a token, and the credentials of Basic authentication with it.
func (s *secrets) keepToken(user, token string) {
	s.keep(token)
	if token = strings.TrimSpace(token); token != "" {
		s.keep(user + ":" + token)
	}
}

// keepURL adds the user information in the text of a URL, which may be malformed.
func (s *secrets) keepURL(text string) {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		password, _ := u.User.Password()
		s.keep(password)
		s.keep(u.User.String())
		s.keep(u.User.Username() + ":" + password)
		return
	}
	// In a malformed URL, the text before an @ may contain a password.
	if at := strings.LastIndex(text, "@"); at >= 0 {
		before := text[:at]
		if _, rest, found := strings.Cut(before, "//"); found {
			before = rest
		}
		before = strings.Trim(before, "/")
		s.keep(before)
		if _, password, found := strings.Cut(before, ":"); found {
			s.keep(password)
		}
	}
}

// keepUser adds the user information of a URL, which may be nil.
func (s *secrets) keepUser(u *url.URL) {
	if u != nil && u.User != nil {
		s.keepURL(u.String())
	}
}

// clean returns a text without secrets.
func (s *secrets) clean(text string) string {
	for _, secret := range s.all {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}
