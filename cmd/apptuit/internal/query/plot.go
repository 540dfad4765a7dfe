// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"io"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/query"
)

// maxPanels is the largest number of outputs in a picture.
const maxPanels = chart.MaxSide / chart.MinPanel

// writePlot draws the outputs of an answer, one above the other.
func (c *command) writePlot(w io.Writer, r *query.Result) error {
	outputs := r.Outputs
	if len(outputs) == 0 {
		outputs = []query.Output{{}}
	}
	if len(outputs) > maxPanels {
		return fmt.Errorf("the answer has %d outputs, and a picture can show %d: choose one with --id", len(outputs), maxPanels)
	}
	plot := c.plot
	plot.From, plot.To = c.start.In(c.zone), c.until().In(c.zone)
	for _, o := range outputs {
		panel := chart.Panel{Frame: c.frame(o)}
		if len(outputs) > 1 {
			panel.Title = o.ID
		}
		plot.Panels = append(plot.Panels, panel)
	}
	if c.format == formatPNG {
		return plot.WritePNG(w)
	}
	return plot.WriteSVG(w)
}
