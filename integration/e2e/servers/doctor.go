// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"encoding/json"
	"strings"
	"testing"
)

// doctorSecret is a token that no server requires. Reports must not contain it.
const doctorSecret = "d0ctor-5ecret"

// Findings has the expected status and text of a line of the report, by the name of its check.
type Findings map[string][2]string

// Examine runs the doctor, and fails the test unless it has the exit code and the findings.
func (c Command) Examine(t testing.TB, code int, want Findings, args ...string) {
	t.Helper()
	out, got := c.Run(t, []string{"APPTUIT_API_TOKEN=" + doctorSecret, "OTEL_SERVICE_NAME=e2e", "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=1"},
		append([]string{"doctor", "--output", "json", "--timeout", "90s"}, args...)...)
	if got != code {
		t.Errorf("exit code %d, want %d: %s", got, code, out)
	}
	if strings.Contains(string(out), doctorSecret) {
		t.Errorf("the token is in %s", out)
	}
	var report struct {
		Findings []struct{ Check, Status, Found, Advice string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for check, line := range want {
		found := false
		for _, f := range report.Findings {
			found = found || f.Check == check && f.Status == line[0] && strings.Contains(f.Found+"\n"+f.Advice, line[1])
		}
		if !found {
			t.Errorf("no %s of %s with %q in %s", line[0], check, line[1], out)
		}
	}
}
