// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Status is the result of a check. Statuses are ordered by severity.
type Status uint8

// The statuses. A check is skipped if it needs a check that has failed, if an option disables it,
// or if there is no time left. A warning needs attention, but does not keep points from arriving.
const (
	OK Status = iota
	Skipped
	Warning
	Failed
)

// String returns the name of the status: ok, skipped, warning or failed.
func (s Status) String() string { return [...]string{"ok", "skipped", "warning", "failed"}[s] }

// MarshalText returns the name of the status.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the status with the given name.
func (s *Status) UnmarshalText(text []byte) error {
	for status := OK; status <= Failed; status++ {
		if status.String() == string(text) {
			*s = status
			return nil
		}
	}
	return fmt.Errorf("unknown status %q", text)
}

// Finding is one result of a check. A check can have several findings.
type Finding struct {
	Status Status `json:"status"`
	Check  string `json:"check"`            // the name of the check, for example "tcp", or of a setting
	Found  string `json:"found"`            // one line
	Advice string `json:"advice,omitempty"` // what to do about it, one line
}

// String returns the finding as a line of a report. If there is advice, it follows on a second line.
// The text does not end with a line break.
func (f Finding) String() string {
	text := fmt.Sprintf("%-7s  %-15s  %s", f.Status, f.Check, f.Found)
	if f.Advice != "" {
		text += fmt.Sprintf("\n%26s%s", "", f.Advice)
	}
	return text
}

// Report is the result of [Run].
type Report struct{ Findings []Finding }

// Verdict returns the worst status of the findings: OK, Warning or Failed. Skipped checks do not
// count.
func (r *Report) Verdict() Status {
	verdict := OK
	for _, f := range r.Findings {
		if f.Status != Skipped {
			verdict = max(verdict, f.Status)
		}
	}
	return verdict
}

// Failed returns the names of the checks that failed, in the order of the report.
func (r *Report) Failed() []string {
	var checks []string
	for _, f := range r.Findings {
		if f.Status == Failed && !slices.Contains(checks, f.Check) {
			checks = append(checks, f.Check)
		}
	}
	return checks
}

// Err returns an error that lists the failed findings, one per line. It returns nil if none failed.
func (r *Report) Err() error {
	var failures []error
	for _, f := range r.Findings {
		if f.Status == Failed {
			failures = append(failures, fmt.Errorf("apptuit doctor: %s: %s", f.Check, f.Found))
		}
	}
	return errors.Join(failures...)
}

// Summary returns the last line of a report, for example "verdict: failed (dns); warnings: 1".
func (r *Report) Summary() string {
	text := r.Verdict().String()
	if failed := r.Failed(); len(failed) > 0 {
		text += " (" + strings.Join(failed, ", ") + ")"
	}
	warnings := 0
	for _, f := range r.Findings {
		if f.Status == Warning {
			warnings++
		}
	}
	if warnings > 0 {
		text += fmt.Sprintf("; warnings: %d", warnings)
	}
	return "verdict: " + text
}

// String returns the report as text: the findings, an empty line, and the summary.
func (r *Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.String() + "\n")
	}
	b.WriteString("\n" + r.Summary() + "\n")
	return b.String()
}

// MarshalJSON returns {"verdict": "ok", "findings": [{"status", "check", "found", "advice"}]}.
func (r *Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Verdict  Status    `json:"verdict"`
		Findings []Finding `json:"findings"`
	}{r.Verdict(), append([]Finding{}, r.Findings...)})
}
