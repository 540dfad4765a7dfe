// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// otlpServer is an OTLP server that counts its requests.
type otlpServer struct {
	*httptest.Server
	n atomic.Int32
}

func newOTLPServer(t *testing.T) *otlpServer {
	t.Helper()
	var s otlpServer
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/metrics" {
			s.n.Add(1)
		}
	}))
	t.Cleanup(s.Close)
	return &s
}

func (s *otlpServer) requests() int { return int(s.n.Load()) }

// refuseAll returns a fault that rejects all points of one request.
func refuseAll() apptuittest.Fault {
	return apptuittest.Reject(func(apptuittest.Point) string { return "refused" })
}

// typeOf returns the types of an SDK's providers, and the fields of its propagator.
func typeOf(sdk SDK) string {
	return fmt.Sprintf("%T %T %T %v", sdk.MeterProvider(), sdk.TracerProvider(), sdk.LoggerProvider(), slices.Sorted(slices.Values(sdk.Propagator().Fields())))
}

// console redirects the standard output of exporters that are created from now on. The returned
// function restores standard output, and returns the text that was written.
func console(t *testing.T) func() string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = file
	restore := func() { os.Stdout = stdout }
	t.Cleanup(restore)
	return func() string {
		restore()
		file.Close()
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
