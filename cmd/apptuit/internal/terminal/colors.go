// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import "os"

// Colors adds colours to text. If colours are off, its methods return the text unchanged.
type Colors struct{ on bool }

// ColorsFor returns the colours of an output. Colours are on if the output is a terminal that can show
// them, unless NO_COLOR is set (https://no-color.org) or TERM is "dumb".
func ColorsFor(output any) Colors {
	return Colors{os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && Is(output) && enableColors(output)}
}

// Bold returns the text in bold.
func (c Colors) Bold(text string) string { return c.code("1", text) }

// Faint returns the text in a less bright colour.
func (c Colors) Faint(text string) string { return c.code("2", text) }

// Red returns the text in red.
func (c Colors) Red(text string) string { return c.code("31", text) }

// Green returns the text in green.
func (c Colors) Green(text string) string { return c.code("32", text) }

// Yellow returns the text in yellow.
func (c Colors) Yellow(text string) string { return c.code("33", text) }

// On reports whether colours are on.
func (c Colors) On() bool { return c.on }

// code returns the text between an SGR sequence (ECMA-48, 8.3.117) and its reset.
func (c Colors) code(sgr, text string) string {
	if !c.on {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}
