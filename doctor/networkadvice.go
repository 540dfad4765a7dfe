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

// networkAdvice returns advice about a request, or a step on the path to the server, that failed
// without an answer.
func networkAdvice(err error) string {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var operation *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &certificate):
		return certificateAdvice(err)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return "The server does not use TLS at this port. Check the port, or use http://."
	case errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error"): // alerts of TLS
		return "The TLS handshake failed: the server supports only an old version of TLS, or it requires a client certificate (APPTUIT_CLIENT_CERTIFICATE and APPTUIT_CLIENT_KEY, or WithTLSFiles)."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "No program listens at this address. Check whether the server runs, and the port."
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "This machine has no route to the network of the server."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "A firewall may drop the packets, or the server may be overloaded."
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "The server, or a proxy in front of it, closed the connection. Its log may name the reason."
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "The program at this port does not use HTTP. Check the port."
	}
	return "Check the address of the server, and its log."
}

// certificateAdvice returns advice about a certificate that could not be verified.
func certificateAdvice(err error) string {
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &authority):
		return "If the certificate is of a private CA, set APPTUIT_CERTIFICATE=ca.pem, the certificate of the CA."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "Renew the certificate. If it is still valid, correct the clock of this machine."
	case errors.As(err, &name):
		return "Use a host name for the endpoint that is in the certificate."
	}
	return "The server needs another certificate."
}
