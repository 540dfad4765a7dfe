// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "net/http"

// action is the next step after an attempt, for the points that it left undecided.
type action uint8

const (
	// actionAccept is final: the server has stored the points.
	actionAccept action = iota
	// actionRetry sends the points again after a delay: the cause may pass.
	actionRetry
	// actionSplit sends the points in smaller batches.
	actionSplit
	// actionRefreshToken asks the token source again, and sends the points with the new
	// token. Without a new token it is like actionOpenCircuit.
	actionRefreshToken
	// actionOpenCircuit stops sending until the endpoint, the credentials or the
	// certificates are corrected. With a spool, the points are spooled and probes detect
	// the correction. Without a spool, the points are rejected, or dropped if there was no
	// answer.
	actionOpenCircuit
	// actionReject is final: the server has refused the points because of their content.
	actionReject
)

// actionOf returns the action for a status whose answer says nothing about the points. Such
// an answer never rejects points. An unknown status is judged by its class, as RFC 9110,
// section 15, requires of clients. docs/guarantees.md has the table.
func actionOf(status int) action {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return actionRefreshToken
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
		return actionRetry
	case http.StatusRequestEntityTooLarge:
		return actionSplit
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return actionOpenCircuit
	}
	if status >= 100 && status < 500 {
		return actionOpenCircuit
	}
	return actionRetry // 5xx, and an invalid status, which RFC 9110 treats as 5xx
}

// actionOfText returns the action for an answer of the server that is not a put answer, by
// its status and text.
func (p *Profile) actionOfText(status int, text []byte) action {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		switch {
		case p.saysTooLarge(text):
			return actionSplit
		case saysReason(text):
			return actionReject
		}
	case http.StatusInternalServerError:
		if containsAny(text, "request body too large") { // the error of Go's http.MaxBytesReader, which some servers pass on
			return actionSplit
		}
	}
	return actionOf(status)
}

// RetryableStatus reports whether a request that was answered with the given status may
// succeed later without a correction of the configuration.
func RetryableStatus(status int) bool { return actionOf(status) == actionRetry }
