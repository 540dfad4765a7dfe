// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// KeyError is a fault of one key of the document. The error of [ParseYAML] and
// of [NewSDK] joins all of them.
type KeyError struct {
	// Key is the path, as meter_provider.readers[0].periodic.exporter.apptuit.timeout.
	Key string
	// Line is the line of the key, from 1. For an invalid reference it is the line of the
	// scalar that contains the reference.
	Line int
	// Err says what is wrong. It has no values of the document in it.
	Err error
}

// Error names line and key.
func (e *KeyError) Error() string { return fmt.Sprintf("line %d: %s: %v", e.Line, e.Key, e.Err) }

// Unwrap returns Err.
func (e *KeyError) Unwrap() error { return e.Err }

// joined returns the faults in the order of their lines.
func joined(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b error) int { return cmp.Compare(lineOf(a), lineOf(b)) })
	return fmt.Errorf("apptuit otelconf: %w", errors.Join(faults...))
}

// lineOf puts what has no line at the end.
func lineOf(err error) int {
	if e, ok := errors.AsType[*KeyError](err); ok {
		return e.Line
	}
	return math.MaxInt
}

// withoutValues returns an error of otelconf with … in place of the values of the document
// that its text quotes: Go quotes them with quotation marks, yaml.v3 with backquotes. The
// result does not wrap err, from which a caller could still get the values.
func withoutValues(err error) error {
	text := err.Error()
	for _, quoted := range []struct{ pattern, with string }{
		{"(?s)(cannot unmarshal \\S+) `.*?` into ", "$1 `…` into "},
		{"(?s)(cannot decode \\S+) `.*` as ", "$1 `…` as "},
		{`(?s)"(?:[^"\\]|\\.)*"`, "…"},
	} {
		text = regexp.MustCompile(quoted.pattern).ReplaceAllString(text, quoted.with)
	}
	return errors.New(text)
}

// explain gives the faults of exporter.New, which name options, the keys and
// lines that have set these.
func (r *reader) explain(err error) []error {
	var faults []error
	for text := range strings.Lines(err.Error()) {
		text = strings.TrimPrefix(strings.TrimSpace(text), "apptuit exporter: ")
		text = strings.TrimPrefix(text, "apptuit: configuration: ")
		faults = append(faults, r.explainOne(strings.TrimPrefix(text, "apptuit: ")))
	}
	return faults
}

func (r *reader) explainOne(text string) error {
	subject, why, _ := strings.Cut(text, ": ")
	if need, ok := strings.CutPrefix(subject, "a token is needed "); ok {
		return r.needsToken(need)
	}
	if v, ok := r.settings.placed[subject]; ok {
		return v.errorf("%s", why)
	}
	if v := r.at.child(subject); v.key != nil { // "spool: …"
		return v.errorf("%s", why)
	}
	return r.at.errorf("%s", text) // a variable's, for example
}

func (r *reader) needsToken(need string) error {
	return r.at.child("token").errorf("is needed %s: give token or token_file, or set APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE", need)
}
