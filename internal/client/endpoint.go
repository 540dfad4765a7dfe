// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"net/url"
	"strings"
)

// SetEndpoint sets the base URL of the server. from is the name of the option or variable.
func (s *Settings) SetEndpoint(from, endpoint string) {
	// The URL may contain a secret. So no error quotes it, nor the error of url.Parse,
	// which would.
	if !strings.Contains(endpoint, "://") { // host:port, as WithEndpoint of OTLP's exporters takes it
		s.Connection.endpoint = new(url.URL)
		s.Fault("%s: the scheme must be http or https, and cannot be omitted: write http://host:port or https://host:port", from)
		return
	}
	u, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil {
		s.Connection.endpoint = new(url.URL)
		s.Fault("%s: not a URL: it must look like https://host:port", from)
		return
	}
	base, api, isAPI := cutAPI(u)
	switch {
	case u.User != nil:
		s.Fault("%s: the URL must not contain user information: set the user id and the token instead", from)
	case u.Scheme != "http" && u.Scheme != "https":
		s.Fault("%s: the scheme must be http or https, as in https://host:port", from)
	case u.Host == "" || u.Hostname() == "":
		s.Fault("%s: the host is missing", from)
	case isAPI:
		s.Fault("%s: the base URL is needed, without %s: use %s", from, api, base)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		s.Fault("%s: the URL must not contain a query or fragment", from)
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	}
	s.Connection.endpoint = u
}

// cutAPI returns the base URL and the path of an API that the URL names, for example /api/put.
// It returns false if the URL does not end in such a path.
func cutAPI(u *url.URL) (base, api string, ok bool) {
	path := strings.TrimRight(u.EscapedPath(), "/")
	for _, api := range []string{
		"/api/put", "/api/query", "/v1/metrics", // the last is that of OTLP
		"/prometheus/api/v1/query_range", "/prometheus/api/v1/query", "/prometheus/api/v1",
		"/api/v1/query_range", "/api/v1/query", "/api/v1",
	} {
		if i := len(path) - len(api); i >= 0 && strings.EqualFold(path[i:], api) {
			return u.Scheme + "://" + u.Host + strings.TrimRight(path[:i], "/"), api, true
		}
	}
	return "", "", false
}
