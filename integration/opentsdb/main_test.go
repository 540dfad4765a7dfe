// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// shared is the HBase of the tests that do not need one of their own: starting one takes
// seconds.
var shared storage

// storage starts an HBase when a test first asks for it.
type storage struct {
	mu    sync.Mutex
	dir   string
	hbase *opentsdb.HBase
	names int
}

// unique returns a metric name that no other test has, nor this one when it runs again.
func (s *storage) unique(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	return fmt.Sprintf("%s_%d_", name, s.names)
}

// start starts an OpenTSDB over it.
func (s *storage) start(t *testing.T, properties map[string]string) *opentsdb.OpenTSDB {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hbase == nil {
		if s.dir == "" {
			dir, err := os.MkdirTemp("", "opentsdb-*") //nolint:usetesting // it outlives the test
			if err != nil {
				t.Fatal(err)
			}
			s.dir = dir
		}
		s.hbase = opentsdb.StartHBase(t, s.dir)
	}
	return s.hbase.Start(t, properties)
}

func (s *storage) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.hbase != nil {
		err = s.hbase.Close()
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}

// TestMain takes away what the user's environment would configure, and ends the shared HBase.
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
