// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"
)

// headersOf returns what every request has.
func headersOf(cfg *config) *http.Header {
	h := http.Header{}
	for k, v := range cfg.headers {
		h.Set(k, v)
	}
	h.Set("User-Agent", "apptuit-go/"+Version+" Go/"+strings.TrimPrefix(runtime.Version(), "go"))
	return &h
}

// bound returns the context of one request.
func (c *Client) bound(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v: %w", timeout, context.DeadlineExceeded))
}

// newRequest returns a request with the headers of all, and the token it has.
func (c *Client) newRequest(ctx context.Context, method, address string) (*http.Request, string, error) {
	token, err := c.creds.lookup(ctx)
	if err != nil {
		return nil, "", err
	}
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, "", c.creds.redact.error(err)
	}
	request.Header = c.headers.Clone()
	c.creds.set(request.Header, token)
	return request, token, nil
}

// do makes a request.
func (c *Client) do(request *http.Request) (*http.Response, error) {
	response, err := c.http.Do(request)
	if err == nil && response.Request == nil { // a transport that is not net/http's may forget it
		response.Request = request
	}
	return response, err
}

// lost is the outcome of a request without an answer.
func (c *Client) lost(ctx context.Context, err error) outcome {
	out := outcome{}
	if permanent(err) {
		out.next = hopeless
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err // without the URL, for which the host will do
	}
	if ctx.Err() != nil {
		err = ended(ctx)
	}
	out.err = c.creds.redact.error(fmt.Errorf("%s: %w", c.cfg.endpoint.Host, err))
	return out
}

// permanent reports whether a request failed in a way that the next one will,
// too: the server's certificate is not trusted, it does not speak TLS, or it
// redirects to what is no URL, for which net/http has no type.
func permanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &noTLS) || errors.Is(err, http.ErrSchemeMismatch) ||
		strings.Contains(err.Error(), "failed to parse Location header")
}
