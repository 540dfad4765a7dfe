// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// create creates the exporter and its client. Their errors and warnings are the faults and warnings of
// the configuration.
func (r *run) create(ctx context.Context) {
	var warned warnings
	r.exporter, r.faults = r.newExporter(ctx, exporter.WithWarningHandler(warned.add))
	r.warnings = warned.take()
	if r.faults != nil {
		return
	}
	r.client = r.exporter.Client()
	r.endpoint, r.faults = url.Parse(r.client.Endpoint())
	if client.Of(r.client).IgnoresEnvironment() {
		r.environ = slices.DeleteFunc(r.environ, func(v string) bool { return strings.HasPrefix(v, "APPTUIT_") })
	}
}

// checkConfiguration reports the faults and warnings of exporter and client.
func checkConfiguration(_ context.Context, r *run, f *findings) {
	for _, text := range r.warnings {
		if r.reportedByEffect(text) {
			continue
		}
		f.warn(warningAdvice(text), "%s", text)
	}
	if r.faults == nil {
		f.ok("valid; points are sent to %s", r.endpoint)
		return
	}
	for text := range strings.SplitSeq(r.faults.Error(), "\n") {
		text = withoutPackage(text)
		f.fail(r.faultAdvice(text), "%s", text)
	}
}

// reportedByEffect reports whether a warning of the exporter is about a variable that checkEffect
// reports, with the reason.
func (r *run) reportedByEffect(warning string) bool {
	return slices.ContainsFunc(r.withoutEffect(), func(i ineffective) bool {
		return strings.Contains(warning, "variable "+i.from+" has no effect")
	})
}

// withoutPackage removes the name of a package from the beginning of an error.
func withoutPackage(text string) string {
	for _, prefix := range []string{"apptuit: ", "configuration: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// faultAdvice returns advice about a fault of the configuration. It returns "" if the text of the
// fault already says what to do.
func (r *run) faultAdvice(text string) string {
	if strings.HasPrefix(text, "WithUsageMetrics and ") {
		return "The doctor sends no metrics about the exporter. Pass the options to the doctor without WithUsageMetrics."
	}
	variable, _, _ := strings.Cut(text, ":")
	isDuration := slices.ContainsFunc(table.WithVariables(), func(s table.Setting) bool { return s.Variable == variable && s.Type == table.Duration })
	value := r.lookup(variable)
	if n, err := strconv.ParseFloat(value, 64); err == nil && n > 0 && isDuration {
		return fmt.Sprintf("The number has no unit. For milliseconds write %[1]s=%[2]sms, for seconds %[1]s=%[2]ss.", variable, value)
	}
	return ""
}

func warningAdvice(text string) string {
	switch {
	case strings.Contains(text, "without encryption"):
		return "Anybody on the network path can read the token. Use an https:// endpoint."
	case strings.Contains(text, "deprecated"):
		return "The variable still works. Rename it where it is set."
	}
	return ""
}

// warnings collects the warnings of the client and the exporter, each text once.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) add(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if text := withoutPackage(err.Error()); !slices.Contains(w.all, text) {
		w.all = append(w.all, text)
	}
}

func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}
