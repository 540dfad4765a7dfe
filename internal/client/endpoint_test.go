// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// An endpoint with the path of an API is an error that contains the base URL.
func TestEndpoint_WithThePathOfAnAPI(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://localhost:4242/api/put":                               "without /api/put: use http://localhost:4242",
		"http://localhost:4242/api/put/":                              "without /api/put: use http://localhost:4242",
		"http://localhost:4242//api/put//":                            "without /api/put: use http://localhost:4242",
		"https://fake.test/API/Put":                                   "without /api/put: use https://fake.test",
		"https://fake.test/api/put?details":                           "without /api/put: use https://fake.test",
		"http://vminsert:8480/insert/0/opentsdb/api/put":              "without /api/put: use http://vminsert:8480/insert/0/opentsdb",
		"https://fake.test/a%2Fb/api/put":                             "without /api/put: use https://fake.test/a%2Fb",
		"https://fake.test/api/query":                                 "without /api/query: use https://fake.test",
		"https://fake.test/prometheus/api/v1/query_range":             "without /prometheus/api/v1/query_range: use https://fake.test",
		"https://fake.test/otlp/v1/metrics":                           "without /v1/metrics: use https://fake.test/otlp",
		"https://fake.test/x/api/v1":                                  "without /api/v1: use https://fake.test/x",
		"https://fake.test/x/api/v1/query/":                           "without /api/v1/query: use https://fake.test/x",
		"http://vmselect:8481/select/0/prometheus/api/v1/query_range": "without /prometheus/api/v1/query_range: use http://vmselect:8481/select/0",
	} {
		t.Setenv("APPTUIT_ENDPOINT", endpoint)
		_, err := apptuitclient.New()
		contains(t, err, "APPTUIT_ENDPOINT: the base URL is needed, "+want)
		_, err = apptuitclient.New(apptuitclient.WithEndpoint(endpoint))
		contains(t, err, "WithEndpoint: the base URL is needed, "+want)
		if !strings.HasSuffix(err.Error(), want) {
			t.Errorf("more than the base URL: %v", err)
		}
	}
	for _, endpoint := range []string{
		"http://localhost:4242", "http://vminsert:8480/insert/0/opentsdb", "https://fake.test/api", "https://fake.test/api/put/v2", "https://fake.test/prometheus", "https://fake.test/myapi/put",
	} {
		c := newClient(t, apptuitclient.WithEndpoint(endpoint))
		if c.Endpoint() != endpoint {
			t.Errorf("%s became %s", endpoint, c.Endpoint())
		}
	}
}
