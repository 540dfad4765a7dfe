// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// networkAdvice returns advice about a request, or a step of it, without an answer.
func networkAdvice(err error) string {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var operation *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &certificate):
		return certificateAdvice(err)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return "The server does not speak TLS at this port. Is it the right one, or is it http:// ?"
	case errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error"): // alerts of TLS
		return "The server ends the TLS handshake: it speaks only an old version of TLS, or requires a client certificate (APPTUIT_CLIENT_CERTIFICATE and APPTUIT_CLIENT_KEY, or WithTLSFiles)."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens there. Does the server run, and is the port right?"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "There is no way to this network from here."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "Does a firewall drop what is sent there? Is the server busy?"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "The server, or something before it, closed the connection. Its log may say why."
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "What answers there does not speak HTTP. Is the port right?"
	}
	return "Is it the right server, and does its log say more?"
}

func certificateAdvice(err error) string {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &authority):
		return "For a private CA, let the program trust it: APPTUIT_CERTIFICATE=ca.pem."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The certificate has to be renewed, or the clock of this machine is wrong."
	case errors.As(err, &name):
		return "Give the endpoint a name that is in the certificate."
	}
	return "The certificate has to be another one."
}
