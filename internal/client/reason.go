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

// saysTooLarge reports whether a refusal is about the size of the request: OpenTSDB
// ("Chunked request not supported"), VictoriaMetrics ("too big HTTP OpenTSDB request")
// and servers that pass on the error of their HTTP library do not answer 413. The words
// alone are not enough: a value may be too large, too.
func saysTooLarge(text []byte) bool {
	return containsAny(text, "chunked request not supported",
		"too big http opentsdb request", "too big request", "too big packed request", "too big unpacked request",
		"request too large", "request is too large", "request body too large", "request entity too large",
		"payload too large", "body too large", "body is too large", "entity too large", "content too large")
}

// saysReason reports whether a 400 or 422 says something about the points. It does
// not if it has no words of its own, as proxies answer, or is a page, or if it is about the
// way: a port that speaks TLS, another API of VictoriaMetrics, a host, a token.
func saysReason(text []byte) bool {
	if isPage(text) || containsAny(text, "http request to an https server", "unsupported path", "unexpected path",
		"host header", "invalid token", "upstream request failed", "no healthy upstream") {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(spoken(text)), func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(words, func(word string) bool { return !isFiller(word) })
}

// isFiller reports whether a word is one of those by which a 400 or 422 is called.
func isFiller(word string) bool {
	switch word {
	case "bad", "request", "unprocessable", "entity", "content", "error", "http", "status", "code", "id":
		return true
	}
	return false
}

// spoken returns the strings that are values of a JSON text, without its keys, or a text
// that is not JSON as it is.
func spoken(text []byte) string {
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

func containsAny(text []byte, phrases ...string) bool {
	lower := bytes.ToLower(text)
	return slices.ContainsFunc(phrases, func(phrase string) bool { return bytes.Contains(lower, []byte(phrase)) })
}

// isPage reports whether a text begins as HTML does.
func isPage(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) }
