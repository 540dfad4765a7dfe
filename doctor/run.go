// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/env"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// defaultTimeout limits a run whose context has no deadline.
const defaultTimeout = 30 * time.Second

// Run runs all checks, one after the other, and returns the report. When ctx ends, the remaining
// checks are skipped, and the report says so. If ctx has no deadline, Run takes at most 30 s.
//
// Run returns no error: faults of the options are findings of the report, like faults of environment
// variables.
func Run(ctx context.Context, opts ...Option) *Report {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, defaultTimeout, fmt.Errorf("the time limit of %v has passed", defaultTimeout))
		defer cancel()
	}
	r := &run{config: newConfig(opts), environ: os.Environ()}
	r.recorder.secrets = &r.secrets
	r.create(ctx)
	defer r.close()
	r.learnSecrets()
	r.examine(ctx, r.allChecks())
	return &r.report
}

// run is the state of one Run: the configuration, and the results of the checks so far.
type run struct {
	*config
	environ  []string // NAME=value
	secrets  secrets
	recorder recorder
	report   Report

	faults      error                 // of the configuration
	warnings    []string              // about the configuration
	exporter    *exporter.Exporter    // nil if the configuration has faults
	client      *apptuitclient.Client // of exporter
	endpoint    *url.URL              // of client
	opaque      bool                  // the program has its own transport, whose proxy and TLS configuration are not known
	proxy       *url.URL              // nil without one
	queryClient *apptuitclient.Client // nil until there are queries
	probeClient *apptuitclient.Client // sends further points unchanged; nil until there are any

	sent        *point    // the probe, as it was on the wire; nil until it is accepted
	takesPoints bool      // the server accepted the probe, or refused it for its content
	api         *queryAPI // the query API that the server answers; nil until one is known
	behavior    behavior
}

// add adds a finding to the report.
func (r *run) add(f Finding) {
	f.Found, f.Advice = r.secrets.clean(f.Found), r.secrets.clean(f.Advice)
	r.report.Findings = append(r.report.Findings, f)
	r.found(f)
}

// lookup returns the value of a variable, without white space around it, as client and exporter
// read it. An empty variable counts as unset.
func (r *run) lookup(name string) string {
	return strings.TrimFunc(r.lookupExactly(name), env.IsBlank)
}

// lookupExactly returns the value of a variable, including white space around it.
func (r *run) lookupExactly(name string) string {
	value := ""
	for _, v := range r.environ {
		n, text, _ := strings.Cut(v, "=")
		if n == name || runtime.GOOS == "windows" && strings.EqualFold(n, name) {
			value = text
		}
	}
	return value
}

// learnSecrets adds the secrets of the configuration, which findings must not contain.
func (r *run) learnSecrets() {
	_, user := r.inEffect("user_id")
	for _, s := range settings() {
		for _, from := range s.sources(r) {
			switch s.secret {
			case table.SecretValue:
				r.secrets.keepToken(user.value, from.value)
			case table.SecretFile:
				r.secrets.keepToken(user.value, readSecret(from.value))
			case table.SecretInURL:
				r.secrets.keepURL(from.value)
			}
		}
	}
}

// maxSecretFile bounds the text of a file that is searched for in findings, in bytes.
const maxSecretFile = 64 << 10

// readSecret returns the text of a file, or "" if it cannot be read, which checkConfiguration
// reports. It reads only regular files, because reading a pipe could block.
func readSecret(name string) string {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	text, _ := io.ReadAll(io.LimitReader(file, maxSecretFile))
	return string(text)
}

// newExporter returns an exporter with the options of the program, followed by more. Its client
// sends each request once, and r.recorder records the requests.
func (r *run) newExporter(ctx context.Context, more ...exporter.Option) (*exporter.Exporter, error) {
	options := append(slices.Clone(r.exporterOptions),
		exporter.WithRetry(apptuitclient.RetryConfig{}), exporter.WithoutSpool(), exporter.WithoutSelfMetrics(),
		exporter.WithWarningHandler(func(error) {}), exporter.WithErrorHandler(func(*apptuitclient.SendError) {}))
	e, err := exporter.New(ctx, append(options, more...)...)
	if err != nil {
		return nil, err
	}
	client.Of(e.Client()).Observe(r.recorder.around)
	return e, nil
}

func (r *run) close() {
	for _, c := range []*apptuitclient.Client{r.client, r.queryClient, r.probeClient} {
		if c != nil {
			_ = c.Close() // always nil
		}
	}
}
