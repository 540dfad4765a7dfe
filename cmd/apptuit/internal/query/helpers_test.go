// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/csv"
	"image"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

// outcome is the exit code and output of the command.
type outcome struct {
	code           int
	stdout, stderr string
}

func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Run(t.Context(), Command(), args, nil, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// succeed runs the command and returns its stdout. It fails the test unless the exit code is 0 and stderr is
// empty.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	out := execute(t, args...)
	if out.code != cli.OK || out.stderr != "" {
		t.Fatalf("query %q: exit code %d, %s", args, out.code, out.stderr)
	}
	return out.stdout
}

// fail runs the command, and checks its exit code and stderr.
func fail(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	out := execute(t, args...)
	if out.code != code || out.stdout != "" || !strings.Contains(out.stderr, says) {
		t.Errorf("query %q: exit code %d, stdout %q, stderr %q; want %d and %q", args, out.code, out.stdout, out.stderr, code, says)
	}
}

// csvFrame is a CSV file read back.
type csvFrame struct {
	times   []time.Time
	columns map[string][]float64 // NaN where nothing is
}

func (f csvFrame) names() []string { return slices.Sorted(maps.Keys(f.columns)) }

func readCSV(t *testing.T, text string) csvFrame {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) == 0 || records[0][0] != "time" {
		t.Fatalf("not a frame as CSV: %v\n%s", err, text)
	}
	f := csvFrame{columns: map[string][]float64{}}
	for _, record := range records[1:] {
		at, err := time.Parse(time.RFC3339Nano, record[0])
		if err != nil {
			t.Fatal(err)
		}
		f.times = append(f.times, at)
		for i, cell := range record[1:] {
			v := math.NaN()
			if cell != "" {
				if v, err = strconv.ParseFloat(cell, 64); err != nil {
					t.Fatal(err)
				}
			}
			name := records[0][i+1]
			f.columns[name] = append(f.columns[name], v)
		}
	}
	return f
}

func lineColors() map[color.RGBA]string {
	return map[color.RGBA]string{
		{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}: "blue",
		{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}: "vermilion",
		{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}: "green",
	}
}

// count counts the pixels of a colour between two parts of the width, above the
// legend.
func count(img image.Image, want color.RGBA, left, right float64) int {
	n, b := 0, img.Bounds()
	for x := int(left * float64(b.Dx())); x < int(right*float64(b.Dx())); x++ {
		for y := range b.Dy() * 9 / 10 {
			if color.RGBAModel.Convert(img.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}
