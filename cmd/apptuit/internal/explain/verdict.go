// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
)

// rank says how likely a finding is the reason why a metric is not on the server.
type rank uint8

const (
	isNote    rank = iota // does not explain an absence
	isAbsent              // says only that the metric is absent
	isGuess               // a guess from similar names
	isSuspect             // a likely cause, which may not apply to the program
	isCause               // the reason
)

// add adds a finding, unless the report already has it.
func (x *run) add(r rank, cause, advice, format string, args ...any) {
	f := Finding{Cause: cause, Text: fmt.Sprintf(format, args...), Advice: advice, rank: r}
	if !slices.Contains(x.findings, f) {
		x.findings = append(x.findings, f)
	}
}

// conclude completes the report. The verdict is the finding with the highest rank.
func (x *run) conclude() *Report {
	r := &x.report
	for i := range x.chosen[:min(len(x.chosen), maxShown)] {
		r.DataPoints = append(r.DataPoints, x.shown(&x.chosen[i]))
	}
	r.More = max(0, len(x.chosen)-maxShown)
	r.Found = x.stored || x.noQuery && len(x.chosen) > 0
	worst := isNote
	for _, f := range x.findings {
		worst = max(worst, f.rank)
		if f.rank == isCause || f.rank == isGuess { // a suspicion does not matter if the server has the metric
			r.Found = false
		}
	}
	if r.Found {
		r.Verdict = x.success()
		r.Notes = x.findings
		return r
	}
	if worst == isNote {
		r.Verdict, r.Notes = Finding{Cause: "not-found", Text: "it is not known whether the server has the metric"}, x.findings
		return r
	}
	i := slices.IndexFunc(x.findings, func(f Finding) bool { return f.rank == worst })
	r.Verdict = x.findings[i]
	r.Notes = slices.Delete(slices.Clone(x.findings), i, i+1)
	return r
}

// success returns the verdict on a metric that was found.
func (x *run) success() Finding {
	if x.stored {
		return Finding{Cause: "stored", Text: "the metric is on the server: " + x.where}
	}
	p := x.chosen[0].pointsOf(x.metric)
	text := "the metric can be sent"
	if len(p) > 0 {
		text += " as " + seriesText(p[0].Metric, p[0].Tags)
	}
	return Finding{Cause: "sendable", Text: text + "; the server was not queried (--no-query)"}
}
