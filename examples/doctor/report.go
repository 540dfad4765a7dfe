// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// report prints findings: as text, each when it is there, or as JSON at the end.
type report struct {
	out   io.Writer
	json  bool
	clean func(string) string // takes secrets out

	worst    status
	warnings int
	failures []string // checks, each once
	all      []finding
	err      error
}

func (r *report) add(f finding) {
	f.Found, f.Advice = r.clean(f.Found), r.clean(f.Advice)
	r.worst = max(r.worst, f.Status)
	switch f.Status {
	case warning:
		r.warnings++
	case failed:
		if n := len(r.failures); n == 0 || r.failures[n-1] != f.Check {
			r.failures = append(r.failures, f.Check)
		}
	}
	r.all = append(r.all, f)
	if r.json {
		return
	}
	r.print("%-7s  %-15s  %s\n", f.Status, f.Check, f.Found)
	if f.Advice != "" {
		r.print("%26s%s\n", "", f.Advice)
	}
}

// end prints the verdict.
func (r *report) end() error {
	if r.json {
		encoder := json.NewEncoder(r.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(struct {
			Verdict  status    `json:"verdict"`
			Findings []finding `json:"findings"`
		}{r.verdict(), r.all})
	}
	text := ok.String()
	if len(r.failures) > 0 {
		text = failed.String() + " (" + strings.Join(r.failures, ", ") + ")"
	}
	if r.warnings > 0 {
		text += fmt.Sprintf("; warnings: %d", r.warnings)
	}
	r.print("\nverdict: %s\n", text)
	return r.err
}

// verdict is the worst of all, but for what was skipped on purpose.
func (r *report) verdict() status {
	if r.worst == skipped {
		return ok
	}
	return r.worst
}

func (r *report) print(format string, args ...any) {
	if _, err := fmt.Fprintf(r.out, format, args...); err != nil && r.err == nil {
		r.err = err
	}
}
