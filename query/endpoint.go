// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strings"
)

// checkEndpoint finds an endpoint that contains the path of an API, which the requests have
// already: "/api/v1/api/v1/query" exists nowhere, and its 404 does not say why.
func checkEndpoint(endpoint, prometheusPath string) error {
	paths := []string{"/api/put", "/api/query", "/api/v1/query_range", "/api/v1/query", "/api/v1"}
	base, added := endpoint, ""
	for _, path := range paths {
		if rest, ok := strings.CutSuffix(endpoint, path); ok {
			base, added = rest, path
			break
		}
	}
	// "…/prometheus" is the base URL of a server whose API is directly below it.
	if rest, ok := strings.CutSuffix(base, "/prometheus"); ok && prometheusPath == "/prometheus" {
		base, added = rest, "/prometheus"+added
	}
	if added == "" {
		return nil
	}
	return fmt.Errorf("the endpoint ends in %s, which the client adds itself: use the base URL %s", added, base)
}
