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

// KeyError is an error of one key of the document. The errors of [ParseYAML] and [NewSDK]
// join all of them.
type KeyError struct {
	// Key is the path of the key, for example
	// meter_provider.readers[0].periodic.exporter.apptuit.timeout. In place of the name of a
	// key that may be a secret it contains "(name not shown)".
	Key string
	// Line is the line of the key, from 1. For an invalid reference to a variable it is the
	// line of the scalar that contains the reference.
	Line int
	// Err is the reason. It contains no secret of the document.
	Err error
}

// Error returns the line, the key and the reason.
func (e *KeyError) Error() string { return fmt.Sprintf("line %d: %s: %v", e.Line, e.Key, e.Err) }

// Unwrap returns Err.
func (e *KeyError) Unwrap() error { return e.Err }

// joined returns an error that joins the faults in the order of their lines, or nil without
// faults.
func joined(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b error) int { return cmp.Compare(lineOf(a), lineOf(b)) })
	return fmt.Errorf("apptuit otelconf: %w", errors.Join(faults...))
}

// lineOf returns the line of an error. Errors without a line come last.
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

// optionName matches the name of an option in an error of exporter.New.
var optionName = regexp.MustCompile(`\bWith[A-Za-z]+\b`)

// explain splits an error of exporter.New into its faults. It replaces the options that these
// name by the keys that have set them.
func (r *reader) explain(err error) []error {
	var faults []error
	for text := range strings.Lines(err.Error()) {
		text = strings.TrimPrefix(strings.TrimSpace(text), "apptuit: configuration: ")
		faults = append(faults, r.explainOne(text))
	}
	return faults
}

// explainOne returns one fault with the line and path of its key. It recognizes the key by
// the name of the option at the beginning of the text, or by the first option that the text
// mentions.
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
	at := r.at // for example, a fault of a variable
	text = optionName.ReplaceAllStringFunc(text, func(option string) string {
		v, ok := r.settings.placed[option]
		if !ok {
			return option
		}
		if at.key == r.at.key {
			at = v
		}
		if strings.HasPrefix(option, "Without") {
			return v.name + ": false"
		}
		return v.name
	})
	return at.errorf("%s", text)
}

func (r *reader) needsToken(need string) error {
	return r.at.child("token").errorf("is required %s: set token or token_file, or the variable APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE", need)
}
