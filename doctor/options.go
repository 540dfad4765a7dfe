// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"

	"github.com/apptuitai/apptuit-go/exporter"
)

// Option configures [Run].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is the configuration of a run.
type config struct {
	exporterOptions []exporter.Option
	sources         []source // of options, highest precedence first

	queryEndpoint, prometheusPath string
	noProbe                       bool

	checks  []check
	started func(string)
	found   func(Finding)
}

func newConfig(opts []Option) *config {
	c := &config{prometheusPath: "/prometheus", started: func(string) {}, found: func(Finding) {}}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

// WithExporterOptions sets the options that the program passes to the exporter. They override the
// environment variables, as in the program. Options for retries and the spool have no effect, because
// the doctor sends each request once and opens no spool. Do not pass [exporter.WithUsageMetrics], nor
// [exporter.WithClient]: instead of a client, pass its options with [exporter.WithClientOptions].
//
// The report cannot show the values of these options. Pass values that it should show with
// [WithSource].
func WithExporterOptions(opts ...exporter.Option) Option {
	return optionFunc(func(c *config) { c.exporterOptions = append(c.exporterOptions, opts...) })
}

// WithSource adds to the report the value of a setting that an option sets, and the name of its
// source. For example, WithSource("endpoint", "--endpoint", "https://…") says that the endpoint comes
// from --endpoint, a flag of the program. setting is the key of the setting in docs/settings.md,
// such as endpoint, token_file or spool.directory. In the report, the source overrides environment
// variables. The report shows the value, unless the setting is a secret.
func WithSource(setting, name, value string) Option {
	return optionFunc(func(c *config) {
		c.sources = append(c.sources, source{setting: setting, name: name, value: value, option: true})
	})
}

// WithQueryEndpoint sets the base URL at which the server answers queries. The default is the
// endpoint for points. With this option, the report has a failure if the server does not answer
// queries.
func WithQueryEndpoint(url string) Option {
	return optionFunc(func(c *config) { c.queryEndpoint = url })
}

// WithPrometheusPath sets the path of the PromQL API below the query endpoint. The default is
// /prometheus. For Prometheus itself, the path is "".
func WithPrometheusPath(path string) Option {
	return optionFunc(func(c *config) { c.prometheusPath = path })
}

// WithoutProbe disables the checks that send points, and the check whether the folder of the spool
// can be written to.
func WithoutProbe() Option { return optionFunc(func(c *config) { c.noProbe = true }) }

// WithCheck adds a check of the program. It runs after the checks of the configuration and before
// the checks of the network, for at most 10 s. Its findings get the name of the check. Secrets of the
// configuration are removed from them.
func WithCheck(name string, examine func(context.Context) []Finding) Option {
	return optionFunc(func(c *config) {
		c.checks = append(c.checks, check{name: name, limit: network, run: func(ctx context.Context, _ *run, f *findings) {
			for _, found := range examine(ctx) {
				f.add(found.Status, found.Advice, "%s", found.Found)
			}
		}})
	})
}

// WithProgress sets functions that Run calls from its goroutine: started before each check, with
// its name, and found with each finding. Either may be nil.
func WithProgress(started func(check string), found func(Finding)) Option {
	return optionFunc(func(c *config) {
		if started != nil {
			c.started = started
		}
		if found != nil {
			c.found = found
		}
	})
}
