// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const margin = vg.Length(9) // around the chart

func background() color.Color { return color.White }

func ink() color.Color { return color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff} }

func paleInk() color.Color { return color.RGBA{R: 0x59, G: 0x63, B: 0x6e, A: 0xff} }

func gridColor() color.Color { return color.RGBA{R: 0xe4, G: 0xe7, B: 0xeb, A: 0xff} }

func axisColor() color.Color { return color.RGBA{R: 0xb1, G: 0xb8, B: 0xc0, A: 0xff} }

func textStyle(size vg.Length, c color.Color) draw.TextStyle {
	return draw.TextStyle{
		Color: c, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		YAlign: text.YTop, Handler: plot.DefaultTextHandler,
	}
}

func titleStyle() draw.TextStyle {
	style := textStyle(10.5, ink())
	style.Font.Weight = xfont.WeightBold
	return style
}

func panelTitleStyle() draw.TextStyle { return textStyle(9.5, ink()) }

func tickStyle() draw.TextStyle { return textStyle(9, paleInk()) }

func legendStyle() draw.TextStyle { return textStyle(9.5, ink()) }

// lineStyle returns the style of the i-th line. There are 56 styles: seven colours with eight kinds of
// dashes. The colours are those of Okabe and Ito, which people with any colour vision can tell apart,
// without the yellow, which is too pale on white.
func lineStyle(i int) draw.LineStyle {
	colors := []color.RGBA{
		{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, // blue
		{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, // vermilion
		{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}, // bluish green
		{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, // reddish purple
		{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, // orange
		{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}, // sky blue
		{R: 0x11, G: 0x11, B: 0x11, A: 0xff}, // nearly black
	}
	dashes := [][]vg.Length{
		nil, {6, 2}, {1.5, 1.5}, {8, 2, 1.5, 2}, {3, 3}, {12, 3}, {8, 2, 1.5, 2, 1.5, 2}, {1.5, 4},
	}
	return draw.LineStyle{
		Color: colors[i%len(colors)], Width: 1.3,
		Dashes: dashes[i/len(colors)%len(dashes)],
	}
}

// otherStyle returns the style of lines that are not in the legend.
func otherStyle() draw.LineStyle {
	return draw.LineStyle{Color: color.RGBA{R: 0xb8, G: 0xbd, B: 0xc4, A: 0xff}, Width: 0.7}
}

// fit shortens a text to a width, and ends it with an ellipsis.
func fit(style draw.TextStyle, s string, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes) // bounds of the number of runes that fit
	for low < high {
		if n := (low + high + 1) / 2; style.Width(string(runes[:n])+"…") <= width {
			low = n
		} else {
			high = n - 1
		}
	}
	return string(runes[:low]) + "…"
}
