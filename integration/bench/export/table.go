// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"math"
	"strings"
)

// Table returns the results in Markdown, a line each. The first peer's figures
// and the second's are complete; of the others there is the time.
func Table(results []Result, peers []string) string {
	var b strings.Builder
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	head, rule := []string{"data", "points", "state"}, []string{"---", "---:", "---"}
	for i, p := range peers {
		head, rule = append(head, p), append(rule, "---:")
		if i < 2 {
			head, rule = append(head, "allocations", "bytes"), append(rule, "---:", "---:")
		}
	}
	row(head...)
	row(rule...)
	for i := range results {
		row(results[i].cells(peers)...)
	}
	return b.String()
}

func (r *Result) cells(peers []string) []string {
	cells := []string{r.Name, thousands(float64(r.Points)), r.State}
	for i, p := range peers {
		time, allocations, bytes := r.peerCells(p, peers[0])
		cells = append(cells, time)
		if i < 2 {
			cells = append(cells, allocations, bytes)
		}
	}
	return cells
}

// peerCells returns the cells of one peer, compared with the first.
func (r *Result) peerCells(name, first string) (time, allocations, bytes string) {
	const none = "–"
	if peak, ok := r.Peak[name]; ok {
		time = "+" + thousands(float64(peak.Above)/1e6) + " MB"
		if ours := r.Peak[first].Above; name != first && ours > 0 {
			time += fmt.Sprintf(" (%s×)", significant(float64(peak.Above)/float64(ours)))
		}
		return time, none, none
	}
	series, ok := r.Peers[name]
	if !ok {
		return none, none, none
	}
	f := series.Figures()
	time = thousands(f.Wall) + " / " + thousands(f.CPU)
	bytes = significant(f.Bytes)
	if ours, ok := r.Peers[first]; ok && name != first {
		time += fmt.Sprintf(" (%s× / %s×)", significant(series.Times(ours, wall)), significant(series.Times(ours, cpu)))
	}
	return time, significant(f.Allocations), bytes
}

// significant returns two or three digits of a number.
func significant(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
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

// thousands returns a whole number with commas.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// CSV returns all figures of all peers, a line each.
func CSV(results []Result, peers []string) string {
	var b strings.Builder
	b.WriteString("data,points,state,peer,rounds,wall_ns,cpu_ns,allocations,bytes,times_wall,times_cpu,peak_bytes,held_bytes\n")
	for i := range results {
		r := &results[i]
		for _, p := range peers {
			if peak, ok := r.Peak[p]; ok {
				fmt.Fprintf(&b, "%q,%d,%q,%q,,,,,,,,%d,%d\n", r.Name, r.Points, r.State, p, peak.Above, peak.Held)
			}
			if s, ok := r.Peers[p]; ok {
				f, times := s.Figures(), ","
				if ours, ok := r.Peers[peers[0]]; ok {
					times = fmt.Sprintf("%.3f,%.3f", s.Times(ours, wall), s.Times(ours, cpu))
				}
				fmt.Fprintf(&b, "%q,%d,%q,%q,%d,%.1f,%.1f,%.5f,%.2f,%s,,\n", r.Name, r.Points, r.State, p,
					len(s), f.Wall, f.CPU, f.Allocations, f.Bytes, times)
			}
		}
	}
	return b.String()
}
