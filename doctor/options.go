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
	sources         []source // of options, in the order of their precedence

	queryEndpoint, queryPath string
	noProbe                  bool

	checks  []check
	started func(string)
	found   func(Finding)
}

func newConfig(opts []Option) *config {
	c := &config{queryPath: "/prometheus", started: func(string) {}, found: func(Finding) {}}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

// WithExporterOptions sets the options that the program passes to the exporter. They override the
// environment variables, as in the program. Options for retries and the spool have no effect: the
// doctor sends each request once, and opens no spool. In place of [exporter.WithClient], pass the
// options of that client by [exporter.WithClientOptions]. Leave out [exporter.WithUsageMetrics].
//
// The report does not know the values of options. Name them by [WithSource].
func WithExporterOptions(opts ...exporter.Option) Option {
	return optionFunc(func(c *config) { c.exporterOptions = append(c.exporterOptions, opts...) })
}

// WithSource tells where an option gets the value of a setting from, for the report: for example
// WithSource("endpoint", "--endpoint", "https://…"), where --endpoint is a flag of the program.
// setting is its key in docs/settings.md, such as endpoint, token_file or spool.directory. A
// source of an option overrides the environment variables. The report shows the value, unless
// the setting is a secret.
func WithSource(setting, name, value string) Option {
	return optionFunc(func(c *config) {
		c.sources = append(c.sources, source{setting: setting, name: name, value: value, option: true})
	})
}

// WithQueryEndpoint sets the base URL at which the server answers queries, if that differs from
// the endpoint for points. Then a server that does not answer queries is a failure.
func WithQueryEndpoint(url string) Option {
	return optionFunc(func(c *config) { c.queryEndpoint = url })
}

// WithQueryPath sets the path of the PromQL API below the query endpoint. The default is
// /prometheus; Prometheus itself has it at "".
func WithQueryPath(path string) Option {
	return optionFunc(func(c *config) { c.queryPath = path })
}

// WithoutProbe disables the checks that send points, and the test whether files can be created
// in the folder of the spool.
func WithoutProbe() Option { return optionFunc(func(c *config) { c.noProbe = true }) }

// WithCheck adds a check of the program. It runs after those of the configuration and before
// those of the network, for at most 10 s. The findings get the name of the check. Secrets of the
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
