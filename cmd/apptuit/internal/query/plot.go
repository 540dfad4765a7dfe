// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"io"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/query"
)

// The height of a plot, in pixels, unless it is given.
const (
	onePanel  = 420
	nextPanel = 300 // of several, each
	maxPanels = chart.MaxSide / nextPanel
)

// writePlot draws the outputs of an answer, one above the other.
func (c *command) writePlot(w io.Writer, r *query.Result) error {
	outputs := r.Outputs
	if len(outputs) == 0 {
		outputs = []query.Output{{}}
	}
	if len(outputs) > maxPanels {
		return fmt.Errorf("the answer has %d outputs, and a picture room for %d: choose one with --id", len(outputs), maxPanels)
	}
	plot := chart.Chart{Title: strings.Join(c.queries, ", "), From: c.start.In(c.zone), To: c.until().In(c.zone), Width: c.width, Height: c.height}
	for _, o := range outputs {
		panel := chart.Panel{Frame: c.frame(o)}
		if len(outputs) > 1 {
			panel.Title = o.ID
		}
		plot.Panels = append(plot.Panels, panel)
	}
	if plot.Height == 0 {
		plot.Height = max(onePanel, nextPanel*len(outputs))
	}
	if c.format == formatPNG {
		return plot.WritePNG(w)
	}
	return plot.WriteSVG(w)
}
