// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Values of error.type. HTTP statuses and _OTHER are further values. The package comment explains
// all of them.
const (
	errorRejected  = "rejected"
	errorInvalid   = "invalid"
	errorCollision = "collision"
	errorSpooled   = "spooled"
	errorShutdown  = "shutdown"
	errorTimeout   = "timeout"
	errorCanceled  = "canceled"
	errorDNS       = "dns"
	errorTLS       = "tls"
	errorNetwork   = "network"
)

// errorType returns the value of error.type for points that failed. The set of values is
// small, as a metric attribute requires.
func errorType(why *client.Failure) string {
	switch {
	case why.Err == nil || why.StatusCode > 0 && why.StatusCode < http.StatusMultipleChoices:
		return errorRejected
	case why.StatusCode > 0:
		return strconv.Itoa(why.StatusCode)
	}
	err := why.Err
	var network net.Error
	timeout := errors.As(err, &network) && network.Timeout()
	switch {
	case errors.Is(err, sdkmetric.ErrExporterShutdown), errors.Is(err, apptuitclient.ErrClosed):
		return errorShutdown
	case timeout, errors.Is(err, context.DeadlineExceeded):
		return errorTimeout
	case errors.Is(err, context.Canceled):
		return errorCanceled
	case isA[*net.DNSError](err):
		return errorDNS
	case isA[*tls.CertificateVerificationError](err), isA[tls.RecordHeaderError](err), isA[tls.AlertError](err):
		return errorTLS
	case network != nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errorNetwork
	}
	return string(otelconv.ErrorTypeOther)
}

func isA[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
