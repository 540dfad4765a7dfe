// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// format is the form in which an answer is written.
type format string

const (
	formatChart   format = "chart" // above a table
	formatTable   format = "table"
	formatCSV     format = "csv"
	formatJSON    format = "json"
	formatJSONL   format = "jsonl"
	formatArrow   format = "arrow"
	formatParquet format = "parquet"
	formatPNG     format = "png"
	formatSVG     format = "svg"
)

func formats() []format {
	return []format{
		formatChart, formatTable, formatCSV, formatJSON, formatJSONL, formatArrow, formatParquet, formatPNG, formatSVG,
	}
}

func names(all []format) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = string(f)
	}
	return names
}

// extensions returns the formats by the extension of a file, without the dot.
func extensions() map[string]format {
	byExtension := map[string]format{"txt": formatTable}
	for _, f := range formats() {
		if f != formatChart && f != formatTable {
			byExtension[string(f)] = f
		}
	}
	return byExtension
}

// formatOf returns the format of the extension of a file, in upper or lower case. Without a file it
// returns no format.
func formatOf(file string) (format, error) {
	if file == "" {
		return "", nil
	}
	extension := filepath.Ext(file)
	if f, ok := extensions()[strings.ToLower(strings.TrimPrefix(extension, "."))]; ok {
		return f, nil
	}
	var known []string
	for e := range extensions() {
		known = append(known, "."+e)
	}
	slices.Sort(known)
	return "", fmt.Errorf("no format has the extension %q of %s: must be %s, unless -o gives the format", extension, file, cli.Or(known))
}

func parseFormat(name string) (format, error) {
	if !slices.Contains(formats(), format(name)) {
		return "", fmt.Errorf("unknown format %q: must be %s", name, cli.Or(names(formats())))
	}
	return format(name), nil
}

func (f format) binary() bool {
	return f == formatArrow || f == formatParquet || f == formatPNG
}

// picture reports whether the format draws the points of a range of time.
func (f format) picture() bool { return f == formatChart || f == formatPNG || f == formatSVG }

// single reports whether the format holds one output only.
func (f format) single() bool { return f == formatCSV || f == formatArrow || f == formatParquet }
