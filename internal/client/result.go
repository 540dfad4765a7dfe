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

// result is the effect of one attempt on a batch: each of its points is accepted,
// refused, or left. The policies decide about the points that are left.
type result struct {
	status   int            // 0: no answer
	accepted int            // points, by the server's word
	refused  map[int]string // points that the server named, with its reason
	unnamed  int            // points that the server refused without a name
	refusal  error          // why
	left     *put.Batch     // undecided: the batch itself, a part of it, or nil
	next     action         // on the points that are left
	err      error          // why they are left
	after    time.Duration  // the server asks to wait so long before another attempt
	cutOff   bool           // the connection broke, or a proxy answered 502: the batch may have been too large
	token    string         // of the request
}

// unanswered is the result of a put without an answer: the points may have been
// stored or not.
func (c *Client) unanswered(ctx context.Context, b *put.Batch, err error) result {
	res := c.noAnswer(ctx, err)
	res.left = b
	return res
}

// noAnswer is the result of a request without an answer.
func (c *Client) noAnswer(ctx context.Context, err error) result {
	res := result{next: retry}
	var cutOff *cutOffError
	var proxy *proxyError
	switch {
	case permanent(err):
		res.next = openCircuit
	case errors.As(err, &proxy):
		res.status, res.next = proxy.status, actionOf(proxy.status)
		if res.next != retry { // no token of ours, and no smaller batch, would help
			res.next = openCircuit
		}
		res.err = c.settings.Errors.Status(proxy.status, "proxy "+proxy.host, proxy.message)
		return res
	case errors.As(err, &cutOff):
		res.cutOff = true
		err = cutOff.error
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err // without the URL, for which the host will do
	}
	if ctx.Err() != nil {
		err = ended(ctx)
	}
	res.err = fmt.Errorf("%s: %w", c.settings.Connection.endpoint.Host, c.settings.creds.redact.error(err))
	return res
}

// permanent reports whether a request failed in a way that the next one will,
// too: the server's certificate is not trusted, it does not speak TLS, or it
// redirects to an address that is not a URL, for which net/http has no type.
func permanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var address *url.Error
	return errors.As(err, &certificate) || errors.As(err, &noTLS) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &address) && strings.HasPrefix(address.Err.Error(), "failed to parse Location header")
}
