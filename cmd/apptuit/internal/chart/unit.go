// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/si"
)

// Unit is the unit of the values of a chart. It decides how the values are written, for example 250 ms,
// 1.5 GiB or 40 %. The zero Unit is for plain numbers, such as 1.2 M.
type Unit struct {
	kind   kind
	symbol string  // without prefix
	per    string  // such as /s
	note   string  // the text beside the title, such as request/s
	ratio  float64 // of the unit to the unit of the symbol, such as 1e-3 for ms; 0 means 1
}

// kind selects the multiples with which numbers of a unit are shortened.
type kind int

const (
	plain    kind = iota // SI prefixes, except for numbers that are short without one
	metric               // SI prefixes
	binary               // prefixes for powers of 1024
	duration             // seconds, minutes, hours, days
	fixed                // no prefixes
)

// UnitHelp lists the units for the help of a flag.
const UnitHelp = "s, ms, By, %, 1, {request}, By/s and so on"

// ParseUnit parses a unit in the UCUM code of OpenTelemetry's instruments: s, By, bit, Hz, W, J, V, A, m
// and g, also with prefixes (ms, us, KiBy, MBy, kg), min, h, d, Cel, %, 1, and words in braces for things
// that are counted, such as {request}. Each may be per s, min, h or d (By/s).
func ParseUnit(text string) (Unit, error) {
	code, note := text, ""
	if rest, ok := strings.CutPrefix(text, "{"); ok {
		if word, rest, ok := strings.Cut(rest, "}"); ok && word != "" {
			note, code = word, "1"+rest
		}
	}
	of, per, rate := strings.Cut(code, "/")
	if rate && of == "" {
		of = "1"
	}
	u, ok := unitOf(of)
	if !ok || rate && !slices.Contains([]string{"s", "min", "h", "d"}, per) {
		return Unit{}, fmt.Errorf("unknown unit %q: must be a UCUM unit such as %s; other words must be in braces", text, UnitHelp)
	}
	if rate {
		u.per = "/" + per
	}
	if note != "" {
		u.note, u.per = note+u.per, ""
	}
	return u, nil
}

// unitOf parses a unit without "per".
func unitOf(code string) (Unit, bool) {
	for known, u := range map[string]Unit{
		"1": {}, "%": {kind: fixed, symbol: "%"}, "Cel": {kind: fixed, symbol: "°C"},
		"min": {kind: duration, ratio: 60}, "h": {kind: duration, ratio: 3600}, "d": {kind: duration, ratio: 24 * 3600},
	} {
		if code == known {
			return u, true
		}
	}
	for symbol, u := range map[string]Unit{
		"s": {kind: duration}, "By": {kind: binary, symbol: "B"}, "bit": {kind: metric, symbol: "bit"},
		"Hz": {kind: metric, symbol: "Hz"}, "W": {kind: metric, symbol: "W"}, "J": {kind: metric, symbol: "J"},
		"V": {kind: metric, symbol: "V"}, "A": {kind: metric, symbol: "A"}, "m": {kind: metric, symbol: "m"}, "g": {kind: metric, symbol: "g"},
	} {
		prefix, ok := strings.CutSuffix(code, symbol)
		if !ok {
			continue
		}
		if prefix == "" {
			return u, true
		}
		for p, ratio := range map[string]float64{
			"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
			"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50,
		} {
			if prefix == p {
				u.ratio = ratio
				return u, true
			}
		}
	}
	return Unit{}, false
}

// title adds the note of the unit to a title, for example "cpu in core".
func (u Unit) title(t string) string {
	if u.note == "" || t == "" {
		return t + u.note
	}
	return t + " in " + u.note
}

// rung is a multiple of a unit. It is used for values from least on.
type rung struct {
	least, size float64
	name        string
}

// rungs returns the multiples, the largest first. The multiple 1 is among them.
func (u Unit) rungs() []rung {
	prefixed := func(name string, size float64) rung { return rung{size, size, name + u.symbol} }
	switch u.kind {
	case fixed:
		return []rung{prefixed("", 1)}
	case duration:
		return []rung{
			{2 * 24 * 3600, 24 * 3600, "d"},
			{2 * 3600, 3600, "h"},
			{2 * 60, 60, "min"},
			prefixed("s", 1), prefixed("ms", 1e-3), prefixed("µs", 1e-6), prefixed("ns", 1e-9),
		}
	case binary:
		return []rung{
			prefixed("Ei", 1<<60), prefixed("Pi", 1<<50), prefixed("Ti", 1<<40), prefixed("Gi", 1<<30), prefixed("Mi", 1<<20), prefixed("Ki", 1<<10), prefixed("", 1),
		}
	}
	var all []rung
	for _, p := range si.Prefixes() {
		all = append(all, prefixed(p.Symbol, p.Factor))
	}
	return all
}

// one returns the multiple 1.
func (u Unit) one() rung {
	if u.kind == duration {
		return rung{1, 1, "s"}
	}
	return rung{1, 1, u.symbol}
}

// perUnit returns the ratio of the unit to the unit of the symbol.
func (u Unit) perUnit() float64 {
	if u.ratio == 0 {
		return 1
	}
	return u.ratio
}

// of returns the multiple for values up to a size. The size is in the unit of the symbol.
func (u Unit) of(size float64) rung {
	all := u.rungs()
	for _, r := range all {
		if size >= r.least {
			return r
		}
	}
	return all[len(all)-1]
}
