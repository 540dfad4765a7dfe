// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// plotFlags are the flags for the appearance of a plot.
type plotFlags struct {
	title, unit, size string
	legend            *cli.Choice
}

func addPlotFlags(c *cobra.Command) *plotFlags {
	f := &plotFlags{legend: cli.AddChoice(c, "legend", "", "Lines of png and svg that have a colour and a name; the others are grey", legendLargest, legendAll, legendNone)}
	set := c.Flags()
	set.StringVar(&f.title, "title", "", "Title `TEXT` of png and svg; \"\" for none (default: the query)")
	set.StringVar(&f.unit, "unit", "", "`UNIT` of the values of png and svg: "+chart.UnitHelp)
	set.StringVar(&f.size, "size", "", "Size `WIDTHxHEIGHT` of png and svg in pixels (default: 900x420, higher with several outputs or a large legend)")
	return f
}

// The values of --legend.
const (
	legendLargest = "largest"
	legendAll     = "all"
	legendNone    = "none"
)

// parse returns a chart whose range and panels are not set yet.
func (f *plotFlags) parse(cmd *cobra.Command, query string) (plot chart.Chart, err error) {
	plot.Title = query
	if cmd.Flags().Changed("title") {
		plot.Title = f.title
	}
	switch f.legend.String() {
	case legendAll:
		plot.Legend = chart.LegendAll
	case legendNone:
		plot.Legend = chart.LegendNone
	}
	var faults []error
	if cmd.Flags().Changed("unit") {
		if plot.Unit, err = chart.ParseUnit(f.unit); err != nil {
			faults = append(faults, fmt.Errorf("--unit: %w", err))
		}
	}
	if plot.Width, plot.Height, err = parseSize(f.size); err != nil {
		faults = append(faults, fmt.Errorf("--size: %w", err))
	}
	return plot, errors.Join(faults...)
}

// parseSize returns the size of a picture. A height of 0 is the default.
func parseSize(size string) (width, height int, err error) {
	if size == "" {
		return 900, 0, nil
	}
	var rest string
	if n, _ := fmt.Sscanf(size, "%dx%d%s", &width, &height, &rest); n != 2 {
		return 0, 0, fmt.Errorf("%q is not WIDTHxHEIGHT", size)
	}
	if min(width, height) < chart.MinSide || max(width, height) > chart.MaxSide {
		return 0, 0, fmt.Errorf("%s: each side must have from %d to %d pixels", size, chart.MinSide, chart.MaxSide)
	}
	return width, height, nil
}
