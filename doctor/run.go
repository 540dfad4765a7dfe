// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net/url"
	"os"
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

// Run runs all checks, one after the other, and returns the report. Checks that are not done
// when ctx ends are skipped, and the report says so. Without a deadline of ctx, Run takes at
// most 30 s.
//
// Faults of the options are findings of the report, as are those of environment variables.
func Run(ctx context.Context, opts ...Option) *Report {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, defaultTimeout, fmt.Errorf("the time is over (%v)", defaultTimeout))
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

// run is the state of one Run: the configuration, and what is known so far.
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
	opaque      bool                  // the transport of the program does not tell its proxy and TLS configuration
	proxy       *url.URL              // nil without one
	queryClient *apptuitclient.Client // nil until there are queries
	probeClient *apptuitclient.Client // sends points of probes as they are; nil until there are any

	sent        *point    // the first probe, as it was on the wire
	takesPoints bool      // the first probe is accepted, or refused for a fault of its own
	api         *queryAPI // that the server answers; nil while none is known
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

// lookupExactly returns the value of a variable as it is.
func (r *run) lookupExactly(name string) string {
	value := ""
	for _, v := range r.environ {
		if n, text, _ := strings.Cut(v, "="); n == name {
			value = text
		}
	}
	return value
}

// learnSecrets finds the secrets of the configuration.
func (r *run) learnSecrets() {
	_, user := r.inEffect("user_id")
	for _, s := range settings() {
		for _, from := range s.sources(r) {
			switch s.secret {
			case table.SecretValue:
				r.secrets.keepToken(user.value, from.value)
			case table.SecretFile:
				text, _ := os.ReadFile(from.value) // checkConfiguration reports the error
				r.secrets.keepToken(user.value, string(text))
			case table.SecretInURL:
				r.secrets.keepURL(from.value)
			}
		}
	}
}

// newExporter returns an exporter with the options of the program and more, whose client sends
// each request once, and whose requests are recorded.
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
