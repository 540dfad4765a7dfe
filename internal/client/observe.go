// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "net/http"

// Observe has a function wrap the transport of the client's requests. It must be called before
// the first request, at most once.
func (c *Client) Observe(wrap func(http.RoundTripper) http.RoundTripper) {
	connection := &c.settings.Connection
	connection.observed = connection.http.Transport
	if connection.observed == nil {
		connection.observed = http.DefaultTransport
	}
	requests := *connection.http
	requests.Transport = wrap(connection.observed)
	connection.http = &requests
}

// Transport returns the transport of net/http that makes the requests, nil if the program has one
// of another type. It must not be modified, nor used for requests.
func (c *Client) Transport() *http.Transport {
	base := c.settings.Connection.observed
	if base == nil {
		base = c.settings.Connection.http.Transport
	}
	switch t := base.(type) {
	case *http.Transport:
		return t
	case *reloadingTransport:
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.current.Transport
	}
	return nil
}
