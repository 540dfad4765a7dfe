// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// A program sends two points. The server accepts one and rejects the other, which has no tags.
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

// A program sends points and reads them back.
func Example_query() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	call := func(method, path, body string) string {
		req, err := http.NewRequestWithContext(context.Background(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			return err.Error()
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}

	call(http.MethodPost, "/api/put", `[
		{"metric": "cpu", "tags": {"host": "web1"}, "timestamp": 1700000040, "value": 1},
		{"metric": "cpu", "tags": {"host": "web1"}, "timestamp": 1700000070, "value": 2.50},
		{"metric": "cpu", "tags": {"host": "web1"}, "timestamp": 1700000100, "value": 4}
	]`)
	for _, q := range []string{
		`cpu = fetch("cpu"); output(cpu)`,
		`fetch("cpu").downsample("1m", "avg")`,
		`fetch("cpu", host="web1")`,
	} {
		fmt.Println(call(http.MethodGet, "/api/query?start=1700000000&q="+url.QueryEscape(q), ""))
	}
	// Output:
	// {"outputs":[{"id":"cpu","result":[{"metric":"cpu","tags":{"host":"web1"},"aggregatedTags":[],"dps":[[1700000040,1],[1700000070,2.50],[1700000100,4]]}]}],"hints":[],"query":{"querytext":"cpu = fetch(\"cpu\"); output(cpu)"}}
	// {"outputs":[{"id":"out0","result":[{"metric":"cpu","tags":{"host":"web1"},"aggregatedTags":[],"dps":[[1700000040,1.75],[1700000100,4]]}]}],"hints":[],"query":{"querytext":"fetch(\"cpu\").downsample(\"1m\", \"avg\")"}}
	// {"error":{"code":400,"message":"Bad query: at character 12: \",\" is not supported here, only \")\""}}
}

// The first two requests fail, and the third succeeds.
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
