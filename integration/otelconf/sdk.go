// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"errors"
	"fmt"
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
// [*KeyError]. The SDK that comes with an error does nothing, and may be used. No
// server is talked to.
//
// NewSDK may be called concurrently. If OTEL_CONFIG_FILE names a file with
// apptuit in it, which otelconf would read again and refuse, the variable is
// unset while otelconf makes the SDK, and has its value back when NewSDK returns:
// a process that another goroutine starts at this moment does not inherit it.
func NewSDK(opts ...ConfigurationOption) (SDK, error) {
	if _, ok := os.LookupEnv(refusedVariable); ok {
		return contrib.NewSDK()
	}
	c := newConfig(opts)
	environment.Lock()
	defer environment.Unlock()
	name, given := os.LookupEnv(fileVariable)
	if given {
		document, err := readFile(name)
		if err != nil {
			return withoutFile(func() (SDK, error) { return fail(inFile(name, err)) })
		}
		c.document = *document
	}
	if len(c.document.readers) == 0 {
		return contrib.NewSDK(c.options()...)
	}
	sdk, err := withoutFile(c.newSDK)
	if err != nil && given {
		err = inFile(name, err)
	}
	return sdk, err
}

func inFile(name string, err error) error { return fmt.Errorf("%s: %s: %w", fileVariable, name, err) }

// environment guards OTEL_CONFIG_FILE, of which there is one in a process.
var environment sync.Mutex //nolint:gochecknoglobals // it guards what is global

// withoutFile hides OTEL_CONFIG_FILE from otelconf.
func withoutFile(newSDK func() (SDK, error)) (SDK, error) {
	if name, ok := os.LookupEnv(fileVariable); ok {
		_ = os.Unsetenv(fileVariable) // fails for no name that LookupEnv finds
		defer func() { _ = os.Setenv(fileVariable, name) }()
	}
	return newSDK()
}

func readFile(name string) (*OpenTelemetryConfiguration, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return ParseYAML(text)
}

// newSDK makes the SDK of a document that has readers of ours.
func (c *config) newSDK() (SDK, error) {
	if disabled := c.document.Rest.Disabled; disabled != nil && *disabled {
		return contrib.NewSDK(c.options()...)
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
		sdk, err = contrib.NewSDK(options...)
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

// fail returns an SDK that does nothing. OTEL_CONFIG_FILE must be hidden.
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
