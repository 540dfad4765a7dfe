// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// A program sends two points, of which the server refuses one.
func Example() {
	srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer srv.Close()

	body := `[
		{"metric": "cpu", "tags": {"host": "web1", "core": "0"}, "timestamp": 1700000000, "value": 1.50},
		{"metric": "cpu", "tags": {}, "timestamp": 1700000000, "value": 2}
	]`
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, srv.URL+"/api/put?summary", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := srv.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()

	fmt.Println(resp.StatusCode)
	for _, p := range srv.Points() {
		fmt.Println(p)
	}
	// Output:
	// 400
	// cpu{core=0, host=web1} 1700000000 1.50
}

// The first two requests fail, the third is served.
func ExampleHandler_Fail() {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(apptuittest.Status(503), apptuittest.TooManyRequests("2"))

	for range 3 {
		body := `{"metric": "cpu", "tags": {"host": "web1"}, "timestamp": 1700000000, "value": 1}`
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, srv.URL+"/api/put", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Printf("%d %q\n", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	fmt.Println(srv.Total(), "point stored")
	// Output:
	// 503 ""
	// 429 "2"
	// 204 ""
	// 1 point stored
}
