// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// status is what was found, in the order of how bad it is.
type status uint8

const (
	ok status = iota
	skipped
	warning
	failed
)

// String returns the word that the report has.
func (s status) String() string { return [...]string{"ok", "skipped", "warning", "failed"}[s] }

// MarshalText is String.
func (s status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// finding is one line of the report, with what is to be done about it.
type finding struct {
	Status status `json:"status"`
	Check  string `json:"check"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

// check looks at one thing.
type check struct {
	name  string
	needs []string      // checks without which this one would say nothing new
	limit time.Duration // how long it may take
	run   func(context.Context, *patient, *notes)
}

// notes takes down what one check finds.
type notes struct {
	name string
	add  func(finding)
	sum  *status // the worst so far
}

func (n *notes) note(s status, advice, format string, args ...any) {
	*n.sum = max(*n.sum, s)
	n.add(finding{Status: s, Check: n.name, Found: fmt.Sprintf(format, args...), Advice: advice})
}

func (n *notes) ok(format string, args ...any) { n.note(ok, "", format, args...) }

func (n *notes) skip(format string, args ...any) { n.note(skipped, "", format, args...) }

func (n *notes) warn(advice, format string, args ...any) { n.note(warning, advice, format, args...) }

func (n *notes) fail(advice, format string, args ...any) { n.note(failed, advice, format, args...) }

// about are notes of the same check under another name.
func (n *notes) about(name string) *notes { return &notes{name: name, add: n.add, sum: n.sum} }

// examine runs the checks one after the other. One whose needs are not met is
// skipped, and so is all that is left when ctx ends.
func examine(ctx context.Context, p *patient, checks []check, add func(finding)) {
	reasons := map[string]string{} // why there is no result
	unfinished := false
	for _, c := range checks {
		sum := ok
		n := &notes{name: c.name, add: add, sum: &sum}
		reason := missing(c.needs, reasons)
		switch {
		case reason != "":
			n.skip("%s", reason)
		case ctx.Err() != nil:
			unfinished, reason = true, because(ctx)
			n.skip("%s", reason)
		default:
			limited, cancel := context.WithTimeout(ctx, c.limit)
			c.run(limited, p, n)
			cancel()
		}
		switch {
		case reason != "":
			reasons[c.name] = reason
		case sum == failed:
			reasons[c.name] = c.name + " has failed"
		}
	}
	if unfinished {
		sum := ok
		(&notes{name: "time", add: add, sum: &sum}).fail("Run it again, with a longer -timeout.", "not everything was looked at: %s", because(ctx))
	}
}

func missing(needs []string, reasons map[string]string) string {
	for _, need := range needs {
		if reason := reasons[need]; reason != "" {
			return reason
		}
	}
	return ""
}

// because says why a context has ended.
func because(ctx context.Context) string {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		return "interrupted"
	}
	return cause.Error()
}
