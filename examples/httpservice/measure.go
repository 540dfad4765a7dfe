// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"
)

// measure returns a handler that calls next, and records the metrics of OpenTelemetry's conventions for
// HTTP servers. next must be a ServeMux, which sets the route in the request.
func measure(provider metric.MeterProvider, next http.Handler) (http.Handler, error) {
	meter := provider.Meter("github.com/apptuitai/apptuit-go/examples/httpservice")
	duration, err := httpconv.NewServerRequestDuration(meter) // with the bucket bounds that the conventions recommend
	active, err2 := httpconv.NewServerActiveRequests(meter)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ctx, method, scheme := r.Context(), methodOf(r), schemeOf(r)
		answer := &answer{ResponseWriter: w}
		active.Add(ctx, 1, method, scheme)
		panicked := true
		defer func() {
			active.Add(ctx, -1, method, scheme)
			attributes := answer.attributes(duration, panicked)
			if route := routeOf(r); route != "" {
				attributes = append(attributes, duration.AttrRoute(route))
			}
			duration.Record(ctx, time.Since(start).Seconds(), method, scheme, attributes...)
		}()
		next.ServeHTTP(answer, r)
		panicked = false
	}), nil
}

// answer is a ResponseWriter that records the status of the answer. http.ResponseController uses its
// method Unwrap.
type answer struct {
	http.ResponseWriter
	status int // 0 until it is sent
}

func (a *answer) WriteHeader(status int) {
	// A status 1xx is followed by the final status, except for 101.
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// attributes returns the attributes for the result of a request. There is no status if the handler
// panics before it answers: net/http then closes the connection.
func (a *answer) attributes(duration httpconv.ServerRequestDuration, panicked bool) []attribute.KeyValue {
	status := a.status
	if status == 0 && !panicked {
		status = http.StatusOK
	}
	var attributes []attribute.KeyValue
	if status != 0 {
		attributes = append(attributes, duration.AttrResponseStatusCode(status))
	}
	switch {
	case panicked:
		attributes = append(attributes, duration.AttrErrorType("panic"))
	case status >= 500:
		attributes = append(attributes, duration.AttrErrorType(httpconv.ErrorTypeAttr(strconv.Itoa(status))))
	}
	return attributes
}

// methodOf returns the method of a request. Methods that clients invent become _OTHER, so that they
// add no series.
func methodOf(r *http.Request) httpconv.RequestMethodAttr {
	switch method := httpconv.RequestMethodAttr(r.Method); method {
	case httpconv.RequestMethodConnect, httpconv.RequestMethodDelete, httpconv.RequestMethodGet,
		httpconv.RequestMethodHead, httpconv.RequestMethodOptions, httpconv.RequestMethodPatch,
		httpconv.RequestMethodPost, httpconv.RequestMethodPut, httpconv.RequestMethodTrace:
		return method
	}
	return httpconv.RequestMethodOther
}

// routeOf returns the path of the pattern that matched, or "" if none did.
func routeOf(r *http.Request) string {
	_, path, found := strings.Cut(r.Pattern, " ")
	if !found {
		path = r.Pattern
	}
	return strings.TrimSuffix(path, "{$}")
}

func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
