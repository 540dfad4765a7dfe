// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	contrib "go.opentelemetry.io/contrib/otelconf"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
)

const (
	fileVariable    = "OTEL_CONFIG_FILE"
	refusedVariable = "OTEL_EXPERIMENTAL_CONFIG_FILE"

	// giveUp bounds the end of what was made before a fault.
	giveUp = 5 * time.Second
)

// SDK has the providers of a document. It is otelconf's.
type SDK = contrib.SDK

// NewSDK makes the providers of a document as otelconf.NewSDK does, and its
// readers that export to Apptuit, each with an exporter and a client of its own.
// SDK.Shutdown exports once more and shuts these down.
//
// The document is that of [WithOpenTelemetryConfiguration], unless
// OTEL_CONFIG_FILE is set: then the file of that name is read, as by otelconf.
// With OTEL_EXPERIMENTAL_CONFIG_FILE there is an error, as from otelconf. A
// document that is disabled gives providers that do nothing, and no exporter.
//
// The error joins everything that is wrong with the exporters, each a
// [*KeyError], or has otelconf's error. Its text quotes no value of the document. The
// SDK that comes with an error does nothing, and may be used. No server is talked to.
//
// NewSDK may be called concurrently. Otelconf would read the file of OTEL_CONFIG_FILE
// again, by its own rules. So the variable is unset while otelconf makes the SDK, and
// has its value back when NewSDK returns: a process that another goroutine starts at
// this moment does not inherit it.
func NewSDK(opts ...ConfigurationOption) (SDK, error) {
	if _, ok := os.LookupEnv(refusedVariable); ok {
		return contrib.NewSDK()
	}
	c := newConfig(opts)
	environment.Lock()
	defer environment.Unlock()
	name, given := os.LookupEnv(fileVariable)
	if !given {
		return c.newSDK()
	}
	_ = os.Unsetenv(fileVariable) // fails for no name that LookupEnv finds
	defer func() { _ = os.Setenv(fileVariable, name) }()
	document, err := readFile(name)
	if err != nil {
		return fail(inFile(name, err))
	}
	c.document = *document
	sdk, err := c.newSDK()
	if err != nil {
		err = inFile(name, err)
	}
	return sdk, err
}

func inFile(name string, err error) error { return fmt.Errorf("%s: %s: %w", fileVariable, name, err) }

// environment guards OTEL_CONFIG_FILE, of which there is one in a process.
var environment sync.Mutex //nolint:gochecknoglobals // it guards what is global

func readFile(name string) (*OpenTelemetryConfiguration, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxDocument+1)) // more than ParseYAML takes
	if err != nil {
		return nil, err
	}
	return ParseYAML(text)
}

// newSDK makes the SDK of a document. OTEL_CONFIG_FILE must not be set.
func (c *config) newSDK() (SDK, error) {
	disabled := c.document.Rest.Disabled != nil && *c.document.Rest.Disabled
	if disabled || len(c.document.readers) == 0 {
		return theirs(c.options())
	}
	if c.document.Rest.MeterProvider == nil { // somebody has taken it out: there would be no provider for our readers
		c.document.Rest.MeterProvider = &contrib.MeterProvider{}
	}
	var started []started
	var faults []error
	options := c.options()
	for _, r := range c.document.readers {
		s, wrong := r.start(c)
		if len(wrong) > 0 {
			faults = append(faults, wrong...)
			continue
		}
		started = append(started, s)
		options = append(options, contrib.WithMeterProviderOptions(sdkmetric.WithReader(s.reader)))
	}
	err := joined(faults)
	if err == nil {
		var sdk SDK
		sdk, err = theirs(options)
		if _, ok := sdk.MeterProvider().(*sdkmetric.MeterProvider); ok && err == nil {
			return sdk, nil
		}
		if err == nil {
			err = errors.New("apptuit otelconf: otelconf has made no meter provider: this version of it is not supported")
		}
	}
	for _, s := range started {
		s.end(c.ctx)
	}
	return fail(err)
}

// theirs makes otelconf's SDK.
func theirs(options []contrib.ConfigurationOption) (SDK, error) {
	sdk, err := contrib.NewSDK(options...)
	if err != nil {
		return sdk, withoutValues(err)
	}
	return sdk, nil
}

// fail returns an SDK that does nothing. OTEL_CONFIG_FILE must not be set.
func fail(err error) (SDK, error) {
	disabled := true
	sdk, none := contrib.NewSDK(contrib.WithOpenTelemetryConfiguration(contrib.OpenTelemetryConfiguration{Disabled: &disabled}))
	return sdk, errors.Join(err, none)
}

// started is a reader at work.
type started struct {
	reader   *sdkmetric.PeriodicReader
	exporter *exporter.Exporter
}

// end ends a reader that will not be used, and sends nothing: the exporter goes first.
func (s started) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUp)
	defer cancel()
	_ = s.exporter.Shutdown(ctx)
	_ = s.reader.Shutdown(ctx)
}
