// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The limits of the time of a request to a server, and of the size of the answer.
const (
	requestTime = 2 * time.Minute
	maxAnswer   = 1 << 30
)

// get returns the body of an answer with the status 200 or 204.
func get(ctx context.Context, address string) ([]byte, error) {
	return send(ctx, http.MethodGet, address, "", "")
}

// post sends a form, and returns the body of an answer with the status 200 or 204.
func post(ctx context.Context, address string, form url.Values) ([]byte, error) {
	return send(ctx, http.MethodPost, address, "application/x-www-form-urlencoded", form.Encode())
}

// send sends a request, and returns the body of an answer with the status 200 or 204. A request without a body
// has an empty contentType.
func send(ctx context.Context, method, address, contentType, body string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Close = true // another server may have the address next time
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
		return nil, fmt.Errorf("%s %s: %s: %s", method, address, response.Status, bytes.TrimSpace(text))
	}
	return text, nil
}

// Put sends a body to /api/put of an endpoint unchanged, without the client under test. It returns the
// answer's status and body.
func Put(t testing.TB, endpoint, body string) (status int, answer string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), requestTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/api/put", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
