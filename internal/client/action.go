// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "net/http"

// action is the next step for the points of an attempt, or for those that it left
// undecided.
type action uint8

const (
	// accept is final: the server has stored the points.
	accept action = iota
	// retry sends the points again later: the reason may pass.
	retry
	// split sends the points in smaller batches.
	split
	// refreshToken asks for the token again and sends the points with the new one. If
	// there is no new one, openCircuit follows.
	refreshToken
	// openCircuit stops sending until the endpoint, the credentials or the certificates
	// are mended. A spool keeps the points meanwhile, and probes for the change. Without a
	// spool the points have failed.
	openCircuit
	// reject is final: the server has refused the points for what they are.
	reject
)

// actionOf judges a status by its class, as RFC 9110, section 15, asks of a client that
// does not know a status. It is for answers without a word about the points: such an
// answer never rejects them.
func actionOf(status int) action {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return refreshToken
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, http.StatusTooManyRequests:
		return retry
	case http.StatusRequestEntityTooLarge:
		return split
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return openCircuit
	}
	if status >= 100 && status < 500 {
		return openCircuit
	}
	return retry // also a status that is invalid, see the RFC
}

// actionOfText judges an answer by its status and its text, which is not a put answer.
func actionOfText(status int, text []byte) action {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		switch {
		case saysTooLarge(text):
			return split
		case saysReason(text):
			return reject
		}
	case http.StatusInternalServerError:
		if containsAny(text, "request body too large") { // net/http's MaxBytesReader, passed on
			return split
		}
	}
	return actionOf(status)
}

// MayPass reports whether an answer of a status may be another one later.
func MayPass(status int) bool { return actionOf(status) == retry }
