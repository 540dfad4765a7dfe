// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Prometheus is a running Prometheus 3. It is for tests of queries, since it does not accept points of
// OpenTSDB's put protocol.
type Prometheus struct {
	p    *process
	addr string
}

// StartPrometheus starts the program that E2E_PROMETHEUS names, with further flags. Without the variable, the
// test is skipped, also with CI=true: building Prometheus takes minutes, so that only `make test-long`
// does it.
func StartPrometheus(t testing.TB, flags ...string) *Prometheus {
	t.Helper()
	path := os.Getenv("E2E_PROMETHEUS")
	if path == "" {
		t.Skip("NOT TESTED: E2E_PROMETHEUS is not set; make test-prometheus builds Prometheus and tests against it")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	// Points of the last week are accepted in any order.
	if err := os.WriteFile(config, []byte("storage:\n  tsdb:\n    out_of_order_time_window: 1w\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Prometheus{}
	s.p = &process{
		name: "prometheus", path: path, dir: dir,
		product: "Prometheus",
		version: func() (string, error) {
			module, err := builtVersion(path)
			if err != nil {
				return "", err
			}
			return prometheusVersion(module)
		},
		command: func() []string {
			return slices.Concat([]string{
				"--config.file=" + config,
				"--storage.tsdb.path=" + filepath.Join(dir, "data"),
				"--web.listen-address=" + s.addr,
				"--web.enable-otlp-receiver",
			}, flags)
		},
		ready: func(ctx context.Context) error {
			if err := s.p.logContains("Server is ready to receive web requests"); err != nil {
				return err
			}
			_, err := get(ctx, s.URL()+"/-/ready")
			return err
		},
	}
	s.p.start(t, func() { s.addr = FreeAddr(t) })
	return s
}

// prometheusVersion returns the version of Prometheus for the version of its module: 3.16.0 for v0.316.0.
func prometheusVersion(module string) (string, error) {
	rest, ok := strings.CutPrefix(module, "v0.3")
	if !ok {
		return "", fmt.Errorf("%q is not a version of Prometheus 3", module)
	}
	return "3." + strings.TrimPrefix(rest, "0"), nil
}

// URL returns the URL of the API, which is at /api/v1 below it.
func (s *Prometheus) URL() string { return "http://" + s.addr }

// Receive stores the metrics of an OTLP export request in JSON.
func (s *Prometheus) Receive(t testing.TB, request []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := send(ctx, "POST", s.URL()+"/api/v1/otlp/v1/metrics", "application/json", string(request)); err != nil {
		t.Fatal(err)
	}
}

// Suspend suspends the server (SIGSTOP). The system still accepts connections, but requests get no answer.
func (s *Prometheus) Suspend(t testing.TB) { s.p.suspend(t) }

// Resume resumes a suspended server.
func (s *Prometheus) Resume(t testing.TB) { s.p.resume(t) }
