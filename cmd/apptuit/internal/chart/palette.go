// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"maps"
	"slices"
)

// paletted returns an opaque image with 256 colours at most: the most frequent colours of a picture. Other
// colours, which are shades at the edges of lines and letters, are replaced by the nearest. The
// difference is not visible, and the file has a third of the size.
func paletted(picture image.Image) *image.Paletted {
	img := image.NewRGBA(picture.Bounds())
	draw.Draw(img, img.Rect, picture, img.Rect.Min, draw.Src)
	at := func(i int) color.RGBA { return color.RGBA{R: img.Pix[i], G: img.Pix[i+1], B: img.Pix[i+2], A: 0xff} }
	counts := map[color.RGBA]int{}
	for i := 0; i < len(img.Pix); {
		c, start := at(i), i
		for i < len(img.Pix) && at(i) == c { // most pixels have the colour of the pixel before
			i += 4
		}
		counts[c] += (i - start) / 4
	}
	colors := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := make(color.Palette, min(len(colors), 256))
	for i := range palette {
		palette[i] = colors[i]
	}
	index := make(map[color.RGBA]uint8, len(colors))
	for _, c := range colors {
		index[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(img.Rect, palette)
	for i := range out.Pix {
		out.Pix[i] = index[at(4*i)]
	}
	return out
}
