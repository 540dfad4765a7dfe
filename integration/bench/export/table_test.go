// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
)

var (
	tableFile = flag.String("table", "", "measure, and write the table between the lines <!-- bench --> and <!-- /bench --> of this file")
	full      = flag.Bool("full", false, "measure all rows and peers, and memory")
	memory    = flag.Bool("memory", false, "measure memory also without -full")
	only      = flag.String("only", "", "measure only the benchmarks whose names match this regular expression")
	rounds    = flag.Int("rounds", 5, "the number of rounds; memory is measured once")
)

// TestTable measures each cell in separate processes, prints their output, and writes the table. It is
// skipped without -table.
func TestTable(t *testing.T) {
	if *tableFile == "" {
		t.Skip("set -table to measure")
	}
	begin, end := "<!-- bench -->\n", "<!-- /bench -->\n"
	before, rest, begins := strings.Cut(string(must(os.ReadFile(*tableFile))), begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no lines %q and %q", *tableFile, begin, end)
	}
	pattern := regexp.MustCompile(*only)
	var results []result
	for _, r := range rows() {
		peers := slices.DeleteFunc(r.peers(), func(p peer) bool {
			return !*full && !r.quick(p.name) || !pattern.MatchString("BenchmarkExport/"+r.name(p.name))
		})
		if len(peers) > 0 {
			results = append(results, r.measure(t, peers, *rounds))
		}
	}
	text := table(results)
	fmt.Print(text)
	if err := os.WriteFile(*tableFile, []byte(before+begin+"\n"+text+"\n"+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// result is a row with the results of each peer, one for each round.
type result struct {
	row
	rounds map[string][]*benchfmt.Result
}

// measure runs the benchmarks of a row in rounds. Each round begins with another peer, so that other
// work of the machine affects all peers equally.
func (r *row) measure(tb testing.TB, peers []peer, rounds int) result {
	all, benchTime := result{*r, map[string][]*benchfmt.Result{}}, "100ms"
	if r.state == peakMemory {
		rounds, benchTime = 1, "1x"
	}
	for round := range rounds {
		for i := range peers {
			name := peers[(i+round)%len(peers)].name
			one := measure.Run(tb, "BenchmarkExport/"+r.name(name), benchTime)
			all.rounds[name] = append(all.rounds[name], one)
			points, _ := one.Value("points/op")
			all.points = int(points) // for mixed data, the number in the plan is approximate
		}
	}
	return all
}

// table returns the results as a table in Markdown. The first two peers have columns for time,
// allocations and bytes. The other peers have only the time.
func table(results []result) string {
	head, rule := []string{"data", "points", "state"}, []string{"---", "---:", "---"}
	for i, p := range peers() {
		head, rule = append(head, p.name), append(rule, "---:")
		if i < 2 {
			head, rule = append(head, "allocations", "bytes"), append(rule, "---:", "---:")
		}
	}
	lines := [][]string{head, rule}
	for _, r := range results {
		lines = append(lines, r.cells())
	}
	text := ""
	for _, cells := range lines {
		text += "| " + strings.Join(cells, " | ") + " |\n"
	}
	return text
}

func (r *result) cells() []string {
	cells := []string{r.data, printer().Sprint(r.points), r.state}
	for i, p := range peers() {
		time, allocations, bytes := "–", "–", "–"
		switch {
		case r.rounds[p.name] == nil:
		case r.state == peakMemory:
			time = "+" + r.median(p.name, "peak-B", 1e-6*float64(r.points)) + " MB" + r.ratios(p.name, "peak-B")
		default:
			time = r.median(p.name, "sec/op", 1e9) + " / " + r.median(p.name, "cpu-sec/op", 1e9) + r.ratios(p.name, "sec/op", "cpu-sec/op")
			allocations, bytes = r.median(p.name, "allocs/op", 1), r.median(p.name, "wire-B/op", 1)
		}
		cells = append(cells, time)
		if i < 2 {
			cells = append(cells, allocations, bytes)
		}
	}
	return cells
}

// values returns the metric unit of each round, divided by the number of data points.
func (r *result) values(peer, unit string) (all []float64) {
	for _, one := range r.rounds[peer] {
		v, _ := one.Value(unit)
		points, _ := one.Value("points/op")
		all = append(all, v/points)
	}
	return all
}

// median returns the median of a metric for each data point, multiplied by a factor.
func (r *result) median(peer, unit string, factor float64) string {
	return format(factor * median(r.values(peer, unit)))
}

// ratios returns the medians of the ratios to apptuit-go in all rounds, for example
// " (2.94× / 3.91×)". It returns "" for apptuit-go itself.
func (r *result) ratios(peer string, units ...string) string {
	if peer == apptuitGo || r.rounds[apptuitGo] == nil {
		return ""
	}
	var texts []string
	for _, unit := range units {
		ratios := r.values(peer, unit)
		for i, ours := range r.values(apptuitGo, unit) {
			ratios[i] /= ours
		}
		texts = append(texts, format(median(ratios))+"×")
	}
	return " (" + strings.Join(texts, " / ") + ")"
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// format returns a number with three significant digits, for example "12,300" or "0.0345".
func format(v float64) string {
	return printer().Sprint(number.Decimal(v, number.Precision(3), number.MaxFractionDigits(4)))
}

func printer() *message.Printer { return message.NewPrinter(language.English) }
