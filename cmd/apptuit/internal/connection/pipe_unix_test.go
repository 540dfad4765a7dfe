// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package connection

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// The certificates can come from a pipe, as in --ca-file <(command).
func TestOptions_ReadsCertificatesFromAPipeOnce(t *testing.T) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	err = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip("NOT TESTED: the system has no /dev/fd: ", err)
	}
	options, err := parse(t, "--endpoint", s.URL, "--ca-file", name).Options()
	if err != nil {
		t.Fatal(err)
	}
	c, err := apptuitclient.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close() // it always returns nil
}
