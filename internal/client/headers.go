// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/env"
)

// ParseHeaders parses headers in the form of OTEL_EXPORTER_OTLP_HEADERS, as OpenTelemetry's
// exporters for Go parse it:
//
//	name=value,name2=value2
//
// Values are percent-encoded; a plus sign stands for itself. White space around names and
// values is removed. Empty items between commas are ignored. A name that occurs twice, in
// any case, is an error. Errors give the position of a pair and quote nothing of it. The
// names of the result are canonical.
func ParseHeaders(text string) (map[string]string, error) {
	headers := make(map[string]string)
	n := 0
	for pair := range strings.SplitSeq(text, ",") {
		n++
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, encoded, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok {
			return nil, fmt.Errorf("header %d has no equals sign: want name=value,name=value", n)
		}
		value, err := url.PathUnescape(encoded)
		if err != nil { // the error quotes the value
			return nil, fmt.Errorf("header %d: the value is not percent-encoded", n)
		}
		value = strings.TrimSpace(value)
		if err := checkHeader(name, value); err != nil {
			return nil, fmt.Errorf("header %d: %w", n, err)
		}
		name = http.CanonicalHeaderKey(name)
		if _, again := headers[name]; again {
			return nil, fmt.Errorf("header %d has the name of an earlier one", n)
		}
		headers[name] = value
	}
	return headers, nil
}

// SetHeaders sets the headers of all requests. from is the name of the option or variable. A
// nil map has no effect.
func (s *Settings) SetHeaders(from string, headers map[string]string) {
	if headers == nil {
		return
	}
	canonical := make(map[string]string, len(headers))
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		v, key := headers[k], http.CanonicalHeaderKey(k)
		if _, double := canonical[key]; double {
			s.Fault("%s: %s is given twice", from, key)
		}
		canonical[key] = v
		switch err := checkHeader(k, v); {
		case err != nil:
			s.Fault("%s: header %q: %w", from, k, err)
		case strings.HasPrefix(key, "Content-") || key == "User-Agent" || key == "Host" || key == "Transfer-Encoding":
			s.Fault("%s: %s is set by the client", from, key)
		}
		s.creds.redact.addHeader(v)
	}
	s.Connection.headers = canonical
}

// AddHeaders sets the headers of a variable, in the form of [ParseHeaders], unless WithHeaders
// has set headers. The options for the token and the user id override an Authorization header
// in the variable; their variables exclude it. AddHeaders must be called after all options
// have been applied and before the variables of the token and the user id are read.
func (s *Settings) AddHeaders(variable, text string) {
	if s.Connection.headers != nil {
		return
	}
	headers, err := ParseHeaders(text)
	if err != nil {
		s.Fault("%s: %w", variable, err)
		return
	}
	if _, ok := headers["Authorization"]; ok {
		if s.credentialOption() {
			delete(headers, "Authorization")
		} else {
			s.checkCredentialVariables(variable)
		}
	}
	s.SetHeaders(variable, headers)
}

// checkCredentialVariables records a fault for each variable of credentials that is set
// beside an Authorization header in another variable.
func (s *Settings) checkCredentialVariables(headers string) {
	for _, other := range []string{"APPTUIT_API_TOKEN", "APPTUIT_API_TOKEN_FILE", "APPTUIT_PY_TOKEN", "APPTUIT_USER_ID"} {
		if env.Get(other) != "" {
			s.Fault("%s: Authorization and %s exclude each other: use one of them", headers, other)
		}
	}
}

// credentialOption reports whether a token or user id is set.
func (s *Settings) credentialOption() bool { return s.tokens > 0 || s.creds.user != "" }

// authorizationHeader reports whether the headers contain Authorization.
func (s *Settings) authorizationHeader() bool {
	_, ok := s.Connection.headers["Authorization"]
	return ok
}

// checkHeader returns an error for a header that is not valid by RFC 9110, sections 5.1 and
// 5.5. The error quotes neither the name nor the value.
func checkHeader(name, value string) error {
	if name == "" {
		return errors.New("the name is empty")
	}
	for _, r := range name {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return errors.New("the name contains a character that is not allowed")
		}
	}
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return errors.New("the value contains a control character")
		}
	}
	return nil
}
