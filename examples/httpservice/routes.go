// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The default and the maximum duration of GET /slow.
const (
	defaultSlow = 300 * time.Millisecond
	maxSlow     = 10 * time.Second
)

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", greet)
	mux.HandleFunc("GET /slow", slow)
	mux.HandleFunc("GET /fail/{code}", fail)
	return mux
}

func greet(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprintln(w, "Hello.")
}

func slow(w http.ResponseWriter, r *http.Request) {
	wait := defaultSlow
	if text := r.FormValue("for"); text != "" {
		var err error
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxSlow {
			http.Error(w, fmt.Sprintf("for must be a duration from 0s to %v", maxSlow), http.StatusBadRequest)
			return
		}
	}
	select {
	case <-time.After(wait):
		_, _ = fmt.Fprintln(w, "At last.")
	case <-r.Context().Done(): // the client has gone
	}
}

func fail(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 400 || code > 599 {
		http.Error(w, "the code must be a number from 400 to 599", http.StatusBadRequest)
		return
	}
	http.Error(w, fmt.Sprintf("%d, as requested", code), code)
}
