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

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// checkConfiguration creates client and exporter, which report all faults.
func checkConfiguration(ctx context.Context, r *run, f *findings) {
	var warned warnings
	err := r.create(ctx, apptuitclient.WithWarningHandler(warned.add))
	for _, text := range warned.take() {
		f.warn(warningAdvice(text), "%s", text)
	}
	if err != nil {
		for text := range strings.SplitSeq(err.Error(), "\n") {
			text = withoutPackage(text)
			f.fail(r.faultAdvice(text), "%s", text)
		}
		return
	}
	f.ok("no fault; points go to %s", r.endpoint)
}

// create creates client and exporter. The error joins the faults of both.
func (r *run) create(ctx context.Context, more ...apptuitclient.Option) error {
	c, err := r.newClient(more...)
	if err != nil {
		_, err = exporter.New(ctx, append(slices.Clone(r.exporterOptions), exporter.WithClientOptions(r.options(more...)...))...)
		return err
	}
	r.client = c
	options := append(slices.Clone(r.exporterOptions), exporter.WithClient(c), exporter.WithoutSelfMetrics())
	if r.exporter, err = exporter.New(ctx, options...); err != nil {
		return err
	}
	r.endpoint, err = url.Parse(c.Endpoint())
	return err
}

// withoutPackage removes the name of a package from the beginning of an error.
func withoutPackage(text string) string {
	for _, prefix := range []string{"apptuit exporter: ", "apptuit: ", "configuration: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// faultAdvice returns advice about a fault of the configuration, whose text begins with the name
// of a variable; "" if the fault says all.
func (r *run) faultAdvice(text string) string {
	if strings.Contains(text, "WithSpool and WithoutSpool") {
		return "The doctor must not open the spool: give it the options without WithSpool, and the folder by WithSource(\"spool.directory\", …)."
	}
	variable, _, _ := strings.Cut(text, ":")
	isDuration := slices.ContainsFunc(table.WithVariables(), func(s table.Setting) bool { return s.Variable == variable && s.Type == table.Duration })
	value := r.lookup(variable)
	if n, err := strconv.ParseFloat(value, 64); err == nil && n > 0 && isDuration {
		return fmt.Sprintf("A number has no unit: write %[1]s=%[2]sms if these are milliseconds, %[1]s=%[2]ss if they are seconds.", variable, value)
	}
	return ""
}

func warningAdvice(text string) string {
	switch {
	case strings.Contains(text, "without encryption"):
		return "Anybody on the way can read the token. Use an https:// endpoint."
	case strings.Contains(text, "deprecated"):
		return "It still works. Rename it where it is set."
	}
	return ""
}

// warnings are the warnings of client and exporter, each once.
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
