// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap/zapcore"
)

// A misspelt variable behind ${env:NAME:-default} silently selects the default. The log at the
// start shows the settings that are in effect, without secrets.
func TestStart_LogsWherePointsAreSent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config string
		want   map[string]any
	}{
		"a token": {
			"token: s3cret",
			map[string]any{"endpoint": "https://api.apptuit.ai", "server": "apptuit", "credentials": "token", "queue": "in memory"},
		},
		"another server without a token": {
			"endpoint: http://127.0.0.1:4242/\ntoken:\nserver:",
			map[string]any{"endpoint": "http://127.0.0.1:4242", "server": "generic", "credentials": "none", "queue": "in memory"},
		},
		"a token file, without a queue": {
			"endpoint: http://127.0.0.1:4242\nserver: victoriametrics\ntoken_file: " + file + "\nsending_queue: {enabled: false}",
			map[string]any{"endpoint": "http://127.0.0.1:4242", "server": "victoriametrics", "credentials": "token_file", "queue": "none"},
		},
		"a header": {
			"headers: {authorization: s3cret}",
			map[string]any{"endpoint": "https://api.apptuit.ai", "server": "apptuit", "credentials": "headers (Authorization)", "queue": "in memory"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, tel := started(t, nil, tt.config)
			logged := tel.logs.FilterMessage("Points are sent to this server.").All()
			if len(logged) != 1 || logged[0].Level != zapcore.InfoLevel {
				t.Fatalf("logged %v", logged)
			}
			if diff := cmp.Diff(tt.want, logged[0].ContextMap()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfig_QueueTextNamesTheStorage(t *testing.T) {
	cfg := mustLoad(t, "token: s3cret\nsending_queue: {storage: file_storage/apptuit}")
	if got, want := cfg.queueText(), fmt.Sprintf("in %v", component.MustNewIDWithName("file_storage", "apptuit")); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
