// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"strconv"
	"strings"
	"time"
)

// Type is the type of a setting. It determines the form of the value in a variable and in a key.
type Type uint8

// The types.
const (
	Text Type = iota
	URL
	File
	Folder
	Flag
	Integer
	Bytes          // a number of bytes
	Number         // a number that can have a fraction
	Duration       // a duration with a unit; in a key, an integer of milliseconds
	Choice         // one of Setting.Choices
	KeyValues      // k1: v1, k2: v2; in a key, a mapping
	Headers        // k1=v1,k2=v2 with percent-encoding; in a key, a list of name and value
	HeaderList     // k1=v1,k2=v2 with percent-encoding; only a key
	Patterns       // patterns of the keys of attributes; in a key, included and excluded
	FlagOrPatterns // a flag that selects all attributes or none; in a key, Patterns
	FlagOrNames    // a flag that selects all names or none, or patterns of names
	Quantiles      // a list of numbers between 0 and 1
	Code           // a Go value, which neither a variable nor a key can express
)

// VariableForm describes the value of an environment variable.
func (s *Setting) VariableForm() string {
	switch s.Type {
	case URL:
		return "a URL"
	case File:
		return "the name of a file"
	case Folder:
		return "the name of a folder"
	case Flag, FlagOrPatterns:
		if s.Switch == Disable {
			return "`yes`, which disables it, or `no`"
		}
		return "`yes` or `no`"
	case Integer:
		return "an integer"
	case Bytes:
		return "a number of bytes, or of `KiB`, `MiB` or `GiB`, such as `512MiB`"
	case Number:
		return "a number"
	case Duration:
		return "a duration with a unit, such as `30s`"
	case Choice:
		return oneOf(s.Choices)
	case KeyValues:
		return "tags, such as `k1: v1, k2: v2`"
	case Headers, HeaderList:
		return "headers, such as `k1=v1,k2=v2`, with percent-encoded values"
	case Patterns:
		return "patterns, separated by commas; `!` before a pattern excludes"
	case FlagOrNames:
		return "`yes`, `no`, or patterns, separated by commas; `!` before a pattern excludes"
	case Quantiles:
		return "numbers between 0 and 1, separated by commas"
	case Code:
		return "a Go value"
	}
	return "text"
}

// KeyForm describes the value of a key in declarative configuration.
func (s *Setting) KeyForm() string {
	switch s.Type {
	case Flag:
		return "`true` or `false`"
	case Bytes:
		return "an integer of bytes"
	case Duration:
		return "an integer of milliseconds"
	case KeyValues:
		return "a mapping of texts"
	case Headers:
		return "a list of `name` and `value`"
	case Patterns, FlagOrPatterns:
		return "`included` and `excluded`: lists of patterns"
	case FlagOrNames:
		return "`true`, `false`, or `included` and `excluded`: lists of patterns"
	case Quantiles:
		return "a list of numbers between 0 and 1"
	}
	return s.VariableForm()
}

func oneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// KeyDefault returns the default in the form of a key of declarative configuration.
func (s *Setting) KeyDefault() string {
	switch s.Type {
	case Flag, FlagOrPatterns, FlagOrNames:
		return strings.NewReplacer("yes", "true", "no", "false").Replace(s.Default)
	case Duration:
		if d, err := time.ParseDuration(s.Default); err == nil {
			return strconv.FormatInt(d.Milliseconds(), 10)
		}
	case Bytes:
		if n, ok := strings.CutSuffix(s.Default, "MiB"); ok {
			if mebibytes, err := strconv.ParseInt(n, 10, 64); err == nil {
				return strconv.FormatInt(mebibytes<<20, 10)
			}
		}
	}
	return s.Default
}
