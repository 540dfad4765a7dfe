// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxTags         = 25
	timestampDigits = 13
)

// judge returns why a point is not accepted, in the words of OpenTSDB where it has some, or "".
func judge(p Point, duplicateTag bool) string {
	switch {
	case p.Metric == "":
		return "Metric name was empty"
	case !validTimestamp(p.Timestamp.String()):
		return "Invalid timestamp"
	case p.Value == "":
		return "Empty value"
	case !validValue(p.Value.String()):
		return "Unable to parse value to a number"
	case len(p.Tags) == 0:
		return "Missing tags"
	case len(p.Tags) > maxTags:
		return fmt.Sprintf("Too many tags: %d maximum allowed: %d", len(p.Tags), maxTags)
	case duplicateTag:
		return "Duplicate tag"
	}
	if reason := judgeName("metric name", p.Metric); reason != "" {
		return reason
	}
	badKey, bad := "", ""
	for key, value := range p.Tags {
		reason := judgeName("tag name", key)
		if reason == "" && value == "" {
			reason = fmt.Sprintf("Invalid tag value of %q: empty string", key)
		}
		if reason != "" && (bad == "" || key < badKey) {
			badKey, bad = key, reason // of several bad tags always the same is named
		}
	}
	return bad
}

func judgeName(what, name string) string {
	if name == "" {
		return fmt.Sprintf("Invalid %s: empty string", what)
	}
	for _, c := range name {
		if c >= '0' && c <= '9' || strings.ContainsRune("-_./", c) || unicode.IsLetter(c) {
			continue
		}
		return fmt.Sprintf("Invalid %s (%q): illegal character: %q", what, name, c)
	}
	return ""
}

func validTimestamp(text string) bool {
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n > 0 && len(text) <= timestampDigits
}

func validValue(text string) bool {
	if strings.Trim(text, "0123456789+-") == "" {
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	}
	// ParseFloat also takes names and other bases, which are no numbers on this wire.
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return false
	}
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(f, 0)
}
