// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestProcessMetrics compares the process metrics of apptuit-py's reporter with the table of package
// runtimemetrics, which names the corresponding instruments.
func TestProcessMetrics(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "process metrics")
	r := reporting{
		name: "process metrics", tags: map[string]string{"t": "1"}, python: map[string]any{"collect_process_metrics": true},
		steps: []step{{Observe: []observation{{Kind: "gauge", Name: "m", Value: 1}}, Advance: 10, Report: true}},
	}
	documented := documentedProcessMetrics(t)
	reported := map[string]*outcome{}
	o := r.inPython(t, py, server, time.Unix(bubbleStart, 0))
	for _, p := range o.Sent {
		if p.Metric == "m_value" {
			continue
		}
		// A number, which the server refuses, and with it the report.
		if !strings.HasPrefix(p.Tags["worker_id"], "(") {
			t.Errorf("the worker_id of %s is %q", p.series(), p.Tags["worker_id"])
		}
		name, _ := strings.CutSuffix(p.Metric, "_count")
		name, _ = strings.CutSuffix(name, "_value")
		name = strings.TrimSpace(name + " " + p.Tags["type"])
		theirs := newOutcome()
		theirs.Facts["name"] = name
		reported[name] = theirs
	}
	if len(reported) < 20 || o.Facts["report 0"] != "KeyError" {
		t.Errorf("only %d metrics of the process, %v", len(reported), o.Facts)
	}
	for name, theirs := range reported {
		ours := newOutcome()
		if documented[name] != "" {
			ours.Facts["name"] = documented[name]
		}
		c.check(name, documented[name], theirs, ours)
	}
	for name := range documented {
		if reported[name] == nil {
			t.Errorf("runtimemetrics documents %s, which apptuit-py does not have", name)
		}
	}
}

// documentedProcessMetrics returns the metrics of apptuit-py in the package comment of runtimemetrics, by
// name and type.
func documentedProcessMetrics(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../runtimemetrics/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "# What apptuit-py reported")
	if !ok {
		t.Fatal("runtimemetrics/doc.go has no section about apptuit-py")
	}
	all := map[string]string{}
	metric := ""
	for line := range strings.Lines(table) {
		line, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		if !ok {
			continue
		}
		name, ours, _ := strings.Cut(strings.TrimSpace(line), "  ")
		ours = strings.TrimSpace(ours)
		switch {
		case strings.HasPrefix(line, " "):
			kind, _, numbered := strings.Cut(name, "_0, 1, 2")
			if numbered { // collection_0, 1, 2
				for _, n := range []string{"_0", "_1", "_2"} {
					all[metric+" "+kind+n] = ours
				}
				continue
			}
			all[metric+" "+name] = ours
		case ours != "":
			all[name] = ours
		default:
			metric = name
		}
	}
	return all
}

// processDifferences returns the differences of the area "process metrics".
func processDifferences() []difference {
	return []difference{{
		area:   "process metrics",
		python: "`collect_process_metrics` reports `python_*`, with the process id as the tag `worker_id`. The id is a number, and a server that accepts only strings refuses the report",
		ours:   "package runtimemetrics has instruments with OpenTelemetry's names, or documents why an instrument is missing",
		reason: "dashboards for OpenTelemetry use these names. The values of apptuit-py are wrong from the third report on: it subtracts the last difference instead of the last value",
		source: "pyformance/process_metrics.py, `ProcessMetrics.collect_process_metrics`",
		edit: func(x *exchange) {
			if ours := x.Input.(string); ours != "" {
				x.Theirs.Facts["name"] = ours
			}
		},
	}}
}
