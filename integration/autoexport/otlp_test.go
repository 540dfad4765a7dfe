// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/migration.md has a row for each variable that the OTLP exporter reads.
func TestMigrationGuide_ListsVariablesOfOTLP(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "migration.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "oconf", "envconfig.go"))
	if err != nil {
		t.Fatal(err)
	}
	// envconfig adds OTEL_EXPORTER_OTLP_ to each name.
	names := regexp.MustCompile(`"((?:METRICS_)?[A-Z][A-Z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(names) < 15 {
		t.Fatalf("only %d variables found", len(names))
	}
	for _, m := range names {
		if name := "`OTEL_EXPORTER_OTLP_" + strings.TrimPrefix(m[1], "OTEL_EXPORTER_OTLP_") + "`"; m[1] != "OTEL_EXPORTER_OTLP" && !strings.Contains(string(guide), name) {
			t.Errorf("docs/migration.md has no row for %s", name)
		}
	}
}
