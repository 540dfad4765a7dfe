// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// flags are in the place of the options that a program may give.
type flags struct {
	given map[string]string // those that were, with their text

	endpoint, server, tokenFile, user, compression, tags string
	caFile, proxy                                        string
	queryEndpoint, queryPath                             string
	timeout                                              time.Duration
	noProbe, json                                        bool
}

// parseFlags tells the user itself what is wrong.
func parseFlags(args []string, usage io.Writer) (flags, error) {
	f := flags{given: map[string]string{}}
	set := flag.NewFlagSet("doctor", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&f.endpoint, "endpoint", "", "base `URL` of the server (WithEndpoint)")
	set.StringVar(&f.server, "server", "", "`kind` of the server: apptuit, opentsdb, victoriametrics, influxdb or generic (WithServer)")
	set.StringVar(&f.tokenFile, "token-file", "", "`file` with the token (WithTokenFile)")
	set.StringVar(&f.user, "user", "", "user `id`, for Basic authentication (WithUserID)")
	set.StringVar(&f.compression, "compression", "", "gzip, deflate or none (WithCompression)")
	set.StringVar(&f.tags, "tags", "", "`tags` for all points, \"k1: v1, k2: v2\" (WithTags)")
	set.StringVar(&f.caFile, "ca-file", "", "PEM `file` with the certificates to trust (WithTLSClientConfig)")
	set.StringVar(&f.proxy, "proxy", "", "`URL` of a proxy without a password (WithProxy)")
	set.StringVar(&f.queryEndpoint, "query-endpoint", "", "base `URL` to ask at, if that is another one")
	set.StringVar(&f.queryPath, "query-path", "/prometheus", "`path` of the Prometheus-compatible API below it")
	set.DurationVar(&f.timeout, "timeout", 30*time.Second, "how `long` it may take")
	set.BoolVar(&f.noProbe, "no-probe", false, "send no point")
	set.BoolVar(&f.json, "json", false, "print JSON")
	if err := set.Parse(args); err != nil {
		return flags{}, err // which has been told
	}
	set.Visit(func(g *flag.Flag) { f.given[g.Name] = g.Value.String() })
	if err := f.check(set.Args()); err != nil {
		_, _ = fmt.Fprintln(usage, "doctor:", err)
		set.Usage()
		return flags{}, err
	}
	return f, nil
}

func (f *flags) check(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%d arguments that are no flags", len(rest)) // which may be secrets
	}
	if f.timeout <= 0 {
		return fmt.Errorf("-timeout %v is not positive", f.timeout)
	}
	for name, text := range map[string]string{"proxy": f.proxy, "query-endpoint": f.queryEndpoint, "endpoint": f.endpoint} {
		u, err := url.Parse(text)
		switch {
		case text == "":
		case err != nil || u.Host == "":
			return fmt.Errorf("-%s is not a URL: it must look like http://host:port", name)
		case u.User != nil:
			return errors.New("-" + name + ": no password in a flag, which everybody on this machine can see")
		}
	}
	return nil
}

// options are what the flags say, in the client's words. The error is all that is
// wrong.
func (f *flags) options() ([]apptuitclient.Option, error) {
	var options []apptuitclient.Option
	var faults []error
	if f.endpoint != "" {
		options = append(options, apptuitclient.WithEndpoint(f.endpoint))
	}
	if f.server != "" {
		server, err := apptuitclient.ParseServer(f.server)
		if err != nil {
			faults = append(faults, fmt.Errorf("-server: %w", err))
		}
		options = append(options, apptuitclient.WithServer(server))
	}
	if f.tokenFile != "" {
		options = append(options, apptuitclient.WithTokenFile(f.tokenFile))
	}
	if f.user != "" {
		options = append(options, apptuitclient.WithUserID(f.user))
	}
	if f.compression != "" {
		compression, err := apptuitclient.ParseCompression(f.compression)
		if err != nil {
			faults = append(faults, fmt.Errorf("-compression: %w", err))
		}
		options = append(options, apptuitclient.WithCompression(compression))
	}
	if f.tags != "" {
		tags, err := encoding.ParseTags(f.tags)
		if err != nil {
			faults = append(faults, fmt.Errorf("-tags: %w", err))
		}
		options = append(options, apptuitclient.WithTags(tags))
	}
	return options, errors.Join(faults...)
}

// roots are the certificates of -ca-file, nil without it.
func (f *flags) roots() (*x509.CertPool, error) {
	if f.caFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.caFile)
	if err != nil {
		return nil, fmt.Errorf("-ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("-ca-file: no certificate in %s", f.caFile)
	}
	return pool, nil
}
