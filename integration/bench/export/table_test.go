// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
)

var (
	tableFile = flag.String("table", "", "measure, and write the table into this file, between the lines "+tableBegin+" and "+tableEnd)
	full      = flag.Bool("full", false, "measure all rows, peers and rounds, and memory")
	memory    = flag.Bool("memory", false, "measure memory also without -full")
	only      = flag.String("only", "", "measure only the benchmarks whose names match this regular expression")
	rounds    = flag.Int("rounds", 0, "the number of rounds (default 5, with -full up to 11)")
	rawFile   = flag.String("raw", "", "write the output of the benchmarks into this file, for benchstat")
)

const (
	tableBegin = "<!-- bench -->"
	tableEnd   = "<!-- /bench -->"
)

// TestTable measures each cell in a process of its own, and writes the table. It is
// skipped without -table.
func TestTable(t *testing.T) {
	if *tableFile == "" {
		t.Skip("set -table to measure")
	}
	planned := rows()
	if *full || *memory {
		planned = append(planned, memoryRows(1_000_000)...)
	}
	pattern := regexp.MustCompile(*only)
	var output strings.Builder
	var results []result
	for _, r := range planned {
		var names []string
		for _, p := range r.peers() {
			if !p.variant && (*full || r.quick(p.name)) && pattern.MatchString(r.benchmark(p.name)) {
				names = append(names, p.name)
			}
		}
		if len(names) == 0 {
			continue
		}
		n := cmp.Or(*rounds, r.rounds())
		if !*full && *rounds == 0 {
			n = min(n, 5)
		}
		t.Logf("%s, %d points, %s", r.data, r.points, r.state)
		samples, err := r.measure(t.Context(), names, n, &output)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result{r, samples})
	}
	text := table(results)
	fmt.Print(text)
	changed, err := replaceTable(string(must(os.ReadFile(*tableFile))), text)
	if err == nil {
		err = os.WriteFile(*tableFile, []byte(changed), 0o644)
	}
	if *rawFile != "" {
		err = errors.Join(err, os.WriteFile(*rawFile, []byte(output.String()), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// measure runs the benchmarks of a row in rounds: each begins with another peer, so
// that other work of the machine affects all alike.
func (r *row) measure(ctx context.Context, names []string, rounds int, output *strings.Builder) (map[string][]sample, error) {
	samples := map[string][]sample{}
	for round := range rounds {
		for i := range names {
			name := names[(i+round)%len(names)]
			result, line, err := measure.Run(ctx, r.benchmark(name), r.benchTime())
			if err != nil {
				return nil, err
			}
			fmt.Fprintln(output, line)
			value := func(unit string) float64 { v, _ := result.Value(unit); return v }
			n := value("points/op")
			samples[name] = append(samples[name], sample{
				points: n, wall: 1e9 * value("sec/op") / n, cpu: 1e9 * value("cpu-sec/op") / n,
				allocs: value("allocs/op") / n, bytes: value("wire-B/op") / n, peak: value("peak-B"),
			})
		}
	}
	return samples, nil
}

// sample is the result of one benchmark, for a data point: nanoseconds, allocations and
// bytes on the wire. The peak of memory is for all of them.
type sample struct{ points, wall, cpu, allocs, bytes, peak float64 }

func wall(s sample) float64   { return s.wall }
func cpu(s sample) float64    { return s.cpu }
func allocs(s sample) float64 { return s.allocs }
func wire(s sample) float64   { return s.bytes }
func peak(s sample) float64   { return s.peak }

// result is a row with the samples of each peer, one for each round.
type result struct {
	row
	samples map[string][]sample
}

// table returns the results in Markdown. The columns of the first two peers are
// complete. Of the others, there is the time.
func table(results []result) string {
	var columns []string
	for _, p := range peers() {
		if slices.ContainsFunc(results, func(r result) bool { return r.samples[p.name] != nil }) {
			columns = append(columns, p.name)
		}
	}
	head, rule := []string{"data", "points", "state"}, []string{"---", "---:", "---"}
	for i, name := range columns {
		head, rule = append(head, name), append(rule, "---:")
		if i < 2 {
			head, rule = append(head, "allocations", "bytes"), append(rule, "---:", "---:")
		}
	}
	text := "| " + strings.Join(head, " | ") + " |\n| " + strings.Join(rule, " | ") + " |\n"
	for _, r := range results {
		text += "| " + strings.Join(r.cells(columns), " | ") + " |\n"
	}
	return text
}

func (r *result) cells(columns []string) []string {
	const none = "–"
	cells, ours := []string{r.data, "", r.state}, r.samples[apptuitGo]
	for i, name := range columns {
		s := r.samples[name]
		time, allocations, bytes := none, none, none
		switch {
		case s == nil:
		case r.state == peakMemory:
			time = fmt.Sprintf("+%s MB", thousands(median(s, peak)/1e6))
			if ours != nil && name != apptuitGo {
				time += fmt.Sprintf(" (%s×)", significant(times(s, ours, peak)))
			}
		default:
			time = thousands(median(s, wall)) + " / " + thousands(median(s, cpu))
			if ours != nil && name != apptuitGo {
				time += fmt.Sprintf(" (%s× / %s×)", significant(times(s, ours, wall)), significant(times(s, ours, cpu)))
			}
			allocations, bytes = significant(median(s, allocs)), significant(median(s, wire))
		}
		if s != nil {
			cells[1] = thousands(s[0].points)
		}
		cells = append(cells, time)
		if i < 2 {
			cells = append(cells, allocations, bytes)
		}
	}
	return cells
}

// times returns the median of the ratios of all rounds.
func times(theirs, ours []sample, figure func(sample) float64) float64 {
	ratios := make([]sample, min(len(theirs), len(ours)))
	for i := range ratios {
		ratios[i].wall = figure(theirs[i]) / figure(ours[i])
	}
	return median(ratios, wall)
}

func median(samples []sample, figure func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// significant formats a number with two or three digits.
func significant(v float64) string {
	switch {
	case v >= 99.5:
		return thousands(v)
	case v >= 9.95:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.0995:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.4f", v)
	}
}

func thousands(v float64) string { return message.NewPrinter(language.English).Sprintf("%.0f", v) }

// replaceTable replaces the table in the text of a file.
func replaceTable(old, text string) (string, error) {
	before, rest, begins := strings.Cut(old, tableBegin+"\n")
	_, after, ends := strings.Cut(rest, tableEnd+"\n")
	if !begins || !ends {
		return "", fmt.Errorf("the file has no lines %q and %q", tableBegin, tableEnd)
	}
	return before + tableBegin + "\n\n" + text + "\n" + tableEnd + "\n" + after, nil
}
