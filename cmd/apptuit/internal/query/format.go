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

// format is how an answer is shown.
type format string

const (
	formatChart   format = "chart" // over a table
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

// endings are those of files, without the dot.
func endings() map[string]format {
	endings := map[string]format{"txt": formatTable}
	for _, f := range formats() {
		if f != formatChart && f != formatTable {
			endings[string(f)] = f
		}
	}
	return endings
}

// formatOf returns the format that the ending of a file stands for, in any case. Without a file
// there is none.
func formatOf(file string) (format, error) {
	if file == "" {
		return "", nil
	}
	ending := filepath.Ext(file)
	if f, ok := endings()[strings.ToLower(strings.TrimPrefix(ending, "."))]; ok {
		return f, nil
	}
	var known []string
	for e := range endings() {
		known = append(known, "."+e)
	}
	slices.Sort(known)
	return "", fmt.Errorf("the ending %q of %s is no format: must be %s, or give -o", ending, file, cli.Or(known))
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

// picture reports whether the format draws a range of time.
func (f format) picture() bool { return f == formatChart || f == formatPNG || f == formatSVG }

// single reports whether the format has room for one output only.
func (f format) single() bool { return f == formatCSV || f == formatArrow || f == formatParquet }
