// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command otelcol-apptuit is an OpenTelemetry Collector that sends metrics to Apptuit, or to
// a server that accepts OpenTSDB's put protocol.
//
//	otelcol-apptuit --config=collector.yaml
//
// It contains the components of an ordinary metrics pipeline. The README lists them, and
// the command "otelcol-apptuit components" prints them. The configuration is read from
// files, environment variables and YAML on the command line (--config=yaml:…, --set=…). For
// another set of components, build a Collector from builder-config.yaml.
package main

import (
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

func main() {
	if err := otelcol.NewCommand(settings()).Execute(); err != nil {
		os.Exit(1) // the command has printed the error
	}
}

func settings() otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{
			Command:     "otelcol-apptuit",
			Description: "OpenTelemetry Collector for Apptuit",
			Version:     apptuitclient.Version,
		},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				ProviderFactories: []confmap.ProviderFactory{
					fileprovider.NewFactory(), envprovider.NewFactory(), yamlprovider.NewFactory(),
				},
			},
		},
	}
}
