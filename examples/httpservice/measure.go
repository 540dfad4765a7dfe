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

// measure measures what a handler does, by OpenTelemetry's conventions for HTTP
// servers. The handler is a ServeMux, which notes the route in the request.
func measure(provider metric.MeterProvider, next http.Handler) (http.Handler, error) {
	meter := provider.Meter("github.com/apptuitai/apptuit-go/examples/httpservice")
	duration, err := httpconv.NewServerRequestDuration(meter) // with the recommended bounds
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

// answer notes the status of an answer. Its Unwrap is for
// http.ResponseController.
type answer struct {
	http.ResponseWriter
	status int // 0 before it is sent
}

func (a *answer) WriteHeader(status int) {
	// Of 1xx, only 101 is the last word.
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

// attributes says how the request ended. A handler that panics before it
// answers leaves no status: net/http breaks the connection off.
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

// methodOf keeps what clients make up out of the metrics.
func methodOf(r *http.Request) httpconv.RequestMethodAttr {
	switch method := httpconv.RequestMethodAttr(r.Method); method {
	case httpconv.RequestMethodConnect, httpconv.RequestMethodDelete, httpconv.RequestMethodGet,
		httpconv.RequestMethodHead, httpconv.RequestMethodOptions, httpconv.RequestMethodPatch,
		httpconv.RequestMethodPost, httpconv.RequestMethodPut, httpconv.RequestMethodTrace:
		return method
	}
	return httpconv.RequestMethodOther
}

// routeOf returns the path of the pattern that matched, "" if none did.
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
