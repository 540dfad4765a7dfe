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

	// cleanupTimeout limits the shutdown of readers after an error.
	cleanupTimeout = 5 * time.Second
)

// SDK is otelconf's SDK, with the providers that a document configures.
type SDK = contrib.SDK

// NewSDK creates the providers of a document, as otelconf.NewSDK does, with the readers that
// export to Apptuit. Each of these has an exporter and a client of its own. SDK.Shutdown
// exports once more and shuts them down. NewSDK connects to no server.
//
// If OTEL_CONFIG_FILE is set, NewSDK reads the document from the file that it names.
// Otherwise it uses the document of [WithOpenTelemetryConfiguration]. As with otelconf,
// OTEL_EXPERIMENTAL_CONFIG_FILE is an error. A document with disabled: true creates providers
// that do nothing, and no exporter.
//
// The error joins a [*KeyError] for each fault of the exporters apptuit, or is the error of
// otelconf without the values of the document. The SDK that is returned with an error does
// nothing, and may be used.
//
// NewSDK may be called concurrently. Because otelconf would read the file of
// OTEL_CONFIG_FILE again, by rules of its own, NewSDK unsets the variable while it calls
// otelconf, and restores it before it returns. A process that another goroutine starts
// meanwhile does not inherit the variable.
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

// environment guards OTEL_CONFIG_FILE while it is unset.
var environment sync.Mutex //nolint:gochecknoglobals // the environment of the process is global

func readFile(name string) (*OpenTelemetryConfiguration, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxDocument+1)) // ParseYAML refuses a longer document
	if err != nil {
		return nil, err
	}
	return ParseYAML(text)
}

// newSDK creates the SDK of the document. OTEL_CONFIG_FILE must be unset.
func (c *config) newSDK() (SDK, error) {
	disabled := c.document.Rest.Disabled != nil && *c.document.Rest.Disabled
	if disabled || len(c.document.readers) == 0 {
		return contribSDK(c.options())
	}
	if c.document.Rest.MeterProvider == nil { // The program has removed it. Otelconf would create no provider for the readers.
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
		sdk, err = contribSDK(options)
		if _, ok := sdk.MeterProvider().(*sdkmetric.MeterProvider); ok && err == nil {
			return sdk, nil
		}
		if err == nil {
			err = errors.New("apptuit otelconf: otelconf has created no MeterProvider of the SDK: this version of go.opentelemetry.io/contrib/otelconf is not supported")
		}
	}
	for _, s := range started {
		s.end(c.ctx)
	}
	return fail(err)
}

// contribSDK creates the SDK by otelconf. Its error quotes no values of the document.
func contribSDK(options []contrib.ConfigurationOption) (SDK, error) {
	sdk, err := contrib.NewSDK(options...)
	if err != nil {
		return sdk, withoutValues(err)
	}
	return sdk, nil
}

// fail returns the error with an SDK that does nothing. OTEL_CONFIG_FILE must be unset.
func fail(err error) (SDK, error) {
	disabled := true
	sdk, none := contrib.NewSDK(contrib.WithOpenTelemetryConfiguration(contrib.OpenTelemetryConfiguration{Disabled: &disabled}))
	return sdk, errors.Join(err, none)
}

// started is a running reader with its exporter.
type started struct {
	reader   *sdkmetric.PeriodicReader
	exporter *exporter.Exporter
}

// end shuts down a reader that will not be used. It shuts down the exporter first, so that
// nothing is sent.
func (s started) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = s.exporter.Shutdown(ctx)
	_ = s.reader.Shutdown(ctx)
}
