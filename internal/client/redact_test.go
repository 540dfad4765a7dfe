// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// encoders are the encodings in which servers quote a text.
func encoders() map[string]func(string) string {
	each := func(format string) func(string) string {
		return func(s string) string {
			var out strings.Builder
			for _, r := range s {
				fmt.Fprintf(&out, format, r)
			}
			return out.String()
		}
	}
	quoted := func(text string) string { return text[1 : len(text)-1] }
	return map[string]func(string) string{
		"none": func(s string) string { return s },
		"JSON of Go": func(s string) string {
			text, _ := json.Marshal(s)
			return quoted(string(text))
		},
		"JSON with slashes": func(s string) string { return strings.ReplaceAll(quoted(strconv.Quote(s)), "/", `\/`) },
		"JSON of Python":    func(s string) string { return quoted(strconv.QuoteToASCII(s)) },
		"JSON of each character": func(s string) string {
			var out strings.Builder
			for _, unit := range utf16.Encode([]rune(s)) {
				fmt.Fprintf(&out, `\u%04X`, unit)
			}
			return out.String()
		},
		"JavaScript": func(s string) string {
			var out strings.Builder
			for _, r := range s {
				if r > 0xff {
					fmt.Fprintf(&out, `\u{%x}`, r)
				} else {
					fmt.Fprintf(&out, `\x%02x`, r)
				}
			}
			return out.String()
		},
		"JavaScript, braced": each(`\u{%x}`),
		"HTML of Go":         html.EscapeString,
		"HTML by name": func(s string) string {
			return strings.NewReplacer("&", "&amp;", "+", "&plus;", "/", "&sol;", "=", "&equals;", "<", "&lt", ".", "&period;").Replace(s)
		},
		"HTML decimal":    each("&#%d;"),
		"HTML with zeros": each("&#%010d;"),
		"octal": func(s string) string {
			var out strings.Builder
			for i := range len(s) {
				fmt.Fprintf(&out, `\%03o`, s[i])
			}
			return out.String()
		},
		"HTML hexadecimal": each("&#x%X;"),
		"query":            url.QueryEscape,
		"path":             url.PathEscape,
		"percent, lower case": func(s string) string {
			var out strings.Builder
			for i := range len(s) {
				fmt.Fprintf(&out, "%%%02x", s[i])
			}
			return out.String()
		},
		"percent, some": func(s string) string {
			return strings.NewReplacer("+", "%2b", "/", "%2f", "=", "%3d", "&", "%26", "%", "%25").Replace(s)
		},
	}
}

// wantSecret fails if a text, decoded in any way, contains a secret or at least 8 bytes of
// it.
func wantNoSecret(t *testing.T, secret, text, how string) {
	t.Helper()
	for outer, decodeOuter := range decodersByName() {
		for inner, decodeInner := range decodersByName() {
			decoded := decodeInner(decodeOuter(text))
			if strings.Contains(decoded, secret) || len(secret) >= 8 && strings.Contains(decoded, secret[:8]) {
				t.Fatalf("%s: %q shows %q, decoded by %s and %s", how, text, secret, outer, inner)
			}
		}
	}
}

func decodersByName() map[string]func(string) string {
	return map[string]func(string) string{
		"none": func(s string) string { return s },
		"JSON": func(s string) string {
			var text string
			if json.Unmarshal([]byte(`"`+s+`"`), &text) != nil {
				return s
			}
			return text
		},
		"HTML": html.UnescapeString,
		"URL": func(s string) string {
			if text, err := url.PathUnescape(s); err == nil {
				return text
			}
			return s
		},
	}
}

// A token is removed, however a server encodes it before quoting it.
func TestRedactor_FindsEncodedSecrets(t *testing.T) {
	for _, secret := range []string{
		"t0ken-5ecret/+==", "a&b<c>d\"e'f", "100%41&#43;", `back\slash\u002b`, "ümlaut+日本", "A+/=", base64.StdEncoding.EncodeToString([]byte("me:t0ken+secret")),
	} {
		r := &redactor{}
		r.addRecent(secret)
		for outer, encodeOuter := range encoders() {
			for inner, encodeInner := range encoders() {
				quoted := encodeOuter(encodeInner(secret))
				for _, text := range []string{quoted, "the token " + quoted + " is unknown", `{"error":"` + quoted + `"}`} {
					got := r.text(text)
					if strings.Contains(got, quoted) || !strings.Contains(got, redacted) {
						t.Errorf("%s of %s: %q became %q", outer, inner, text, got)
					}
					if strings.HasPrefix(text, "the token ") && (!strings.HasPrefix(got, "the token [redacted]") || !strings.HasSuffix(got, " is unknown")) {
						t.Errorf("%s of %s: more than the secret has gone: %q", outer, inner, got)
					}
				}
			}
		}
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("t0ken-5ecret/+==", "before ", " after", uint8(3), uint8(7))
	f.Add("ab%41+", `\`, "&", uint8(0), uint8(9))
	f.Add("&amp;x", "%", "#43;", uint8(12), uint8(1))
	names := make([]string, 0, len(encoders()))
	for name := range encoders() {
		names = append(names, name)
	}
	f.Fuzz(func(t *testing.T, secret, before, after string, outer, inner uint8) {
		if len(secret) < 4 || !utf8.ValidString(secret) || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r == 0x7f || utf16.IsSurrogate(r) }) {
			return
		}
		r := &redactor{}
		r.addRecent("another-one")
		r.addRecent(secret)
		all := encoders()
		a, b := names[int(outer)%len(names)], names[int(inner)%len(names)]
		quoted := all[a](all[b](secret))
		// the preceding character may be part of another escape sequence
		got := r.text(before + " " + quoted + " " + after)
		if strings.Contains(got, quoted) && !strings.Contains(before+after+redacted, quoted) {
			t.Errorf("%s of %s: %q shows %q", a, b, got, quoted)
		}
		if again := r.text(got); !strings.Contains(redacted, secret) && strings.Count(again, redacted) < strings.Count(got, redacted) {
			t.Errorf("%q became %q", got, again)
		}
	})
}

// The incomplete secret at the end of a text that was cut is removed, however it is
// encoded.
func TestRedactor_HidesSecretsThatAreCut(t *testing.T) {
	const secret = "t0ken-5ecret/+=="
	r := &redactor{}
	r.addRecent(secret)
	for outer, encodeOuter := range encoders() {
		for inner, encodeInner := range encoders() {
			quoted := encodeOuter(encodeInner(secret))
			for n := range len(quoted) {
				got := r.cutLine("it is "+quoted[:n], true)
				wantNoSecret(t, secret, got, outer+" of "+inner)
				// 3 bytes of a secret are enough for it to be removed
				for shown, decode := range decodersByName() {
					if strings.Contains(decode(got), secret[:5]) {
						t.Fatalf("%s of %s, cut after %d: %q by %s", outer, inner, n, got, shown)
					}
				}
			}
		}
	}
}

// A text may mix encodings, and quote a secret in another form.
func TestRedactor_FindsSecretsInMixedEncodings(t *testing.T) {
	for secret, quoted := range map[string]string{
		"t0k<en&5ec+ret":           `t0k\u003cen&amp;5ec%2bret`,
		"correct horse  battery":   "correct\nhorse\tbattery",
		"correct horse":            "correct+horse",
		"bWU6dDBrZW4+c2Vj/3JldA==": "bWU6dDBrZW4-c2Vj_3JldA",
		"gehe\xefm-5ecret":         "gehe\uFFFDm-5ecret",
		"ümlaut-5ecret":            "Ã¼mlaut-5ecret",
	} {
		r := &redactor{}
		r.addPermanent(secret)
		if got := r.line("it is " + quoted + "!"); got != "it is [redacted]!" {
			t.Errorf("%q became %q", quoted, got)
		}
	}
}

// The single values of cookies and other lists are secrets.
func TestRedactor_KnowsThePartsOfHeaders(t *testing.T) {
	r := &redactor{}
	r.addHeader(`session=c00kie%2B5ecret; theme=dark; quoted="qu0ted-5ecret"`)
	r.addHeader("Basic " + base64.StdEncoding.EncodeToString([]byte("me:passw0rd-5ecret")))
	for _, text := range []string{"c00kie%2B5ecret", "c00kie+5ecret", "qu0ted-5ecret", "passw0rd-5ecret", "me:passw0rd-5ecret"} {
		if got := r.text("no session " + text + "!"); got != "no session [redacted]!" {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// The cost of redacting does not depend on the number of secrets.
func BenchmarkRedactor(b *testing.B) {
	text := strings.Repeat(`{"error":"Unknown metric \u0026 more","datapoint":{"metric":"http_server_duration","tags":{"route":"%2Fcart"}}} `, 10)
	for _, n := range []int{1, 32} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := &redactor{}
			for i := range n {
				r.addRecent(fmt.Sprintf("t0ken-%d-5ecret", i))
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r.text(text)
			}
		})
	}
}
