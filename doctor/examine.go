// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// check is one check.
type check struct {
	name  string
	needs []string      // names of checks; if one of them fails, this check is skipped
	limit time.Duration // the longest that the check may take
	run   func(context.Context, *run, *findings)
}

// findings collects the findings of one check.
type findings struct {
	name  string
	found func(Finding)
	worst *Status // the worst status so far
}

func (f *findings) add(s Status, advice, format string, args ...any) {
	*f.worst = max(*f.worst, s)
	f.found(Finding{Status: s, Check: f.name, Found: fmt.Sprintf(format, args...), Advice: advice})
}

func (f *findings) ok(format string, args ...any) { f.add(OK, "", format, args...) }

func (f *findings) skip(format string, args ...any) { f.add(Skipped, "", format, args...) }

func (f *findings) warn(advice, format string, args ...any) { f.add(Warning, advice, format, args...) }

func (f *findings) fail(advice, format string, args ...any) { f.add(Failed, advice, format, args...) }

// about returns a collector for findings of the same check that have another name in the report.
func (f *findings) about(name string) *findings {
	return &findings{name: name, found: f.found, worst: f.worst}
}

// examine runs the checks one after the other. It skips a check if a check that it needs has
// failed, or if ctx has ended.
func (r *run) examine(ctx context.Context, checks []check) {
	reasons := map[string]string{} // by check that failed or was skipped: why checks that need it are skipped
	unfinished := false
	for _, c := range checks {
		worst := OK
		f := &findings{name: c.name, found: r.add, worst: &worst}
		reason := missing(c.needs, reasons)
		switch {
		case reason != "":
			f.skip("%s", reason)
		case ctx.Err() != nil:
			unfinished, reason = true, whyEnded(ctx)
			f.skip("%s", reason)
		default:
			r.started(c.name)
			limited, cancel := context.WithTimeout(ctx, c.limit)
			c.run(limited, r, f)
			cancel()
		}
		switch {
		case reason != "":
			reasons[c.name] = reason
		case worst == Failed:
			reasons[c.name] = c.name + " has failed"
		}
	}
	if unfinished {
		worst := OK
		f := &findings{name: "time", found: r.add, worst: &worst}
		f.fail("Run the doctor again with more time.", "some checks were skipped: %s", whyEnded(ctx))
	}
}

// missing returns why a check must be skipped, or "" if it can run.
func missing(needs []string, reasons map[string]string) string {
	for _, need := range needs {
		if reason := reasons[need]; reason != "" {
			return reason
		}
	}
	return ""
}

// whyEnded returns why a context has ended.
func whyEnded(ctx context.Context) string {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		return "interrupted"
	}
	return cause.Error()
}
