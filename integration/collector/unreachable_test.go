// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"
)

// The log names the address that did not answer, and the reason.
func TestLog_NamesAnUnreachableServer(t *testing.T) {
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	closed, silent := listen(), listen()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()

	for _, tt := range []struct {
		name, endpoint, timeout string
		want                    []string
	}{
		{"nothing listens", "http://" + closed.Addr().String(), "10s", []string{closed.Addr().String(), "connection refused"}},
		{"the name is unknown", "http://tsdb.invalid:4242", "10s", []string{"tsdb.invalid:4242", "lookup tsdb.invalid"}},
		{"no answer", "http://" + silent.Addr().String(), "300ms", []string{silent.Addr().String() + ": no answer within 300ms"}},
		{"no TLS handshake", "https://" + silent.Addr().String(), "300ms", []string{silent.Addr().String() + ": no answer within 300ms"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, tel := started(t, nil, `{endpoint: "`+tt.endpoint+`", timeout: `+tt.timeout+`, retry_on_failure: {enabled: false}, sending_queue: {enabled: false}}`)
			err := e.ConsumeMetrics(t.Context(), one())
			if err == nil {
				t.Fatal("delivered")
			}
			contains(t, err.Error(), tt.want...)
			contains(t, strings.Join(tel.lines(zapcore.ErrorLevel), "\n"), tt.want...)
		})
	}
}
