// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// saysTooLarge reports whether the text of a 400 or 422 says that the request is too large. The
// phrases are those of the server, and those of HTTP libraries, whose errors servers and proxies
// pass on instead of answering 413. "Too large" alone is not enough, because it can refer to
// a value.
func (p *Profile) saysTooLarge(text []byte) bool {
	return containsAny(text, p.TooLarge...) || containsAny(text,
		"request too large", "request is too large", "request body too large", "request entity too large",
		"payload too large", "body too large", "body is too large", "entity too large", "content too large")
}

// saysReason reports whether the text of a 400 or 422 says something about the points. It
// does not if it is HTML, if it only repeats the status, as a proxy's answer does, or if it
// is about the connection: a port that requires TLS, another API of VictoriaMetrics, the
// host or the token.
func saysReason(text []byte) bool {
	if isPage(text) || containsAny(text, "http request to an https server", "unsupported path", "unexpected path",
		"host header", "invalid token", "upstream request failed", "no healthy upstream") {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(textValues(text)), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(word string) bool { return !isFiller(word) })
}

// isFiller reports whether a word merely names a 400 or 422, in lower case.
func isFiller(word string) bool {
	switch word {
	case "bad", "request", "unprocessable", "entity", "content", "error", "http", "status", "code", "id":
		return true
	}
	return false
}

// textValues returns the string values of a JSON text without its keys, and any other text
// unchanged.
func textValues(text []byte) string {
	if !json.Valid(text) {
		return string(text)
	}
	var values []string
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			values = append(values, v)
		case []any:
			for _, e := range v {
				collect(e)
			}
		case map[string]any:
			for _, e := range v {
				collect(e)
			}
		}
	}
	var v any
	if json.Unmarshal(text, &v) == nil {
		collect(v)
	}
	return strings.Join(values, " ")
}

// containsAny reports whether a text contains one of the phrases, which must be in lower
// case. It ignores case.
func containsAny(text []byte, phrases ...string) bool {
	lower := bytes.ToLower(text)
	return slices.ContainsFunc(phrases, func(phrase string) bool { return bytes.Contains(lower, []byte(phrase)) })
}

// isPage reports whether a text is HTML, by its first character.
func isPage(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) }
