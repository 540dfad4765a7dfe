// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// result is the effect of one attempt on a batch: each point is accepted, refused or
// undecided.
type result struct {
	status     int            // of the answer, 0 if there was none
	accepted   int            // number of points that the server has accepted
	refused    map[int]string // reasons of the points that the server has refused by name, by index in the batch
	unnamed    int            // number of points that the server has refused without naming them
	refusal    error          // why the unnamed points were refused
	undecided  *put.Batch     // the batch itself, a part of it, or nil if all points are decided
	action     action         // the next step for the undecided points
	err        error          // why they are undecided
	retryAfter time.Duration  // the delay that the server requested before another attempt, 0 if none
	cutOff     bool           // the connection broke, or a proxy answered 502: the batch may be too large
	token      string         // the token of the request
}

// unanswered returns the result of a put without a complete answer. The points may or may
// not have been stored.
func (c *Client) unanswered(ctx context.Context, b *put.Batch, err error) result {
	res := c.noAnswer(ctx, err)
	res.undecided = b
	return res
}

// noAnswer returns the result of a request without an answer: a network error, a timeout,
// or a proxy that refused to open a tunnel.
func (c *Client) noAnswer(ctx context.Context, err error) result {
	res := result{action: actionRetry}
	var cutOff *cutOffError
	var proxy *proxyError
	switch {
	case permanent(err):
		res.action = actionOpenCircuit
	case errors.As(err, &proxy):
		res.status, res.action = proxy.status, actionOf(proxy.status)
		if res.action != actionRetry { // another token or a smaller batch would not change the proxy's answer
			res.action = actionOpenCircuit
		}
		res.err = c.settings.Errors.Status(proxy.status, "proxy "+proxy.host, proxy.message)
		return res
	case errors.As(err, &cutOff):
		res.cutOff = true
		err = cutOff.error
	}
	err = withoutURL(err) // the error names the host below
	if ctx.Err() != nil {
		var unreachable *unreachableProxyError
		if errors.As(err, &unreachable) {
			err = &unreachableProxyError{address: unreachable.address, err: ended(ctx)}
		} else {
			err = ended(ctx)
		}
	}
	res.err = fmt.Errorf("%s: %w", c.settings.Connection.endpoint.Host, c.settings.creds.redact.error(err))
	return res
}

// errProxyURL replaces the error of a proxy function that cannot parse the URL of the proxy.
var errProxyURL = errors.New("the proxy is not a URL: it must look like http://host:port")

// withoutURL returns an error of net/http without the URL of the request. It also replaces an
// error of url.Parse, which quotes the URL of a proxy with its password.
func withoutURL(err error) error {
	var address, proxy *url.Error
	switch {
	case !errors.As(err, &address):
		return err
	case errors.As(address.Err, &proxy) && proxy.Op == "parse":
		return errProxyURL
	}
	return address.Err
}

// permanent reports whether a request failed for a reason that a retry does not change: the
// server's certificate is not trusted, the server does not speak TLS, or it redirects to an
// invalid URL, for which net/http has no error type.
func permanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var address *url.Error
	return errors.As(err, &certificate) || errors.As(err, &noTLS) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &address) && strings.HasPrefix(address.Err.Error(), "failed to parse Location header")
}
