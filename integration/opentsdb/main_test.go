// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// shared is the HBase of all tests that do not need their own HBase, which takes seconds to start.
var shared storage

// storage starts an HBase when a test first asks for it.
type storage struct {
	mu       sync.Mutex
	dir      string
	hbase    *opentsdb.HBase
	standard *opentsdb.OpenTSDB
	names    int
}

// unique returns a metric name that no other test uses, nor another run of the same test.
func (s *storage) unique(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	return fmt.Sprintf("%s_%d_", name, s.names)
}

// open starts the HBase unless it runs. The mutex must be held.
func (s *storage) open(t *testing.T) {
	t.Helper()
	if s.hbase != nil {
		return
	}
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "opentsdb-*") //nolint:usetesting // it outlives the test
		if err != nil {
			t.Fatal(err)
		}
		s.dir = dir
	}
	dir := filepath.Join(s.dir, "hbase")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.hbase = opentsdb.StartHBase(t, dir)
}

// running returns the HBase.
func (s *storage) running(t *testing.T) *opentsdb.HBase {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(t)
	return s.hbase
}

// opentsdb returns the OpenTSDB of tests that do not need a special configuration.
func (s *storage) opentsdb(t *testing.T) *opentsdb.OpenTSDB {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(t)
	if s.standard == nil {
		s.standard = s.hbase.Open(t, s.dir, nil)
	}
	o := s.standard
	o.RecordVersion(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of OpenTSDB:\n%s", o.Log())
		}
	})
	return o
}

// start starts an OpenTSDB over the HBase.
func (s *storage) start(t *testing.T, properties map[string]string) *opentsdb.OpenTSDB {
	t.Helper()
	return s.running(t).Start(t, properties)
}

func (s *storage) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.standard != nil {
		err = s.standard.Close()
	}
	if s.hbase != nil {
		err = errors.Join(err, s.hbase.Close())
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}

// TestMain removes the configuration of the user's environment, and ends the shared HBase.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}
