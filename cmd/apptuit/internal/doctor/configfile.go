// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/apptuitai/apptuit-go/doctor"
	"github.com/apptuitai/apptuit-go/integration/otelconf"
)

const configFileVariable = "OTEL_CONFIG_FILE"

// maxDocument bounds the text that is read, in bytes. It is larger than the limit of otelconf, which
// reports a document that is too large.
const maxDocument = 1<<20 + 1

// configFile returns the options of the document that OTEL_CONFIG_FILE names, none if the variable is
// not set. They add a check of the document. The other checks use the settings of its first exporter
// to Apptuit, which override options in code.
func configFile() []doctor.Option {
	name := os.Getenv(configFileVariable)
	if name == "" {
		return nil
	}
	document, err := readDocument(name)
	if err != nil {
		return []doctor.Option{report(failures(name, err)...)}
	}
	exporters := document.Exporters()
	switch {
	case document.Rest.Disabled != nil && *document.Rest.Disabled:
		return []doctor.Option{report(doctor.Finding{
			Status: doctor.Warning, Found: name + " disables the SDK",
			Advice: "Remove disabled, or set it to false; it may refer to OTEL_SDK_DISABLED.",
		})}
	case len(exporters) == 0:
		return []doctor.Option{report(doctor.Finding{
			Status: doctor.Warning, Found: name + " has no reader with the exporter apptuit",
			Advice: "Add the exporter apptuit to meter_provider.readers[].periodic, or remove " + configFileVariable + ".",
		})}
	}
	found := name + " has no fault, and its settings are in effect"
	if n := len(exporters); n > 1 {
		found = fmt.Sprintf("%s has no fault; the settings of the first of its %d exporters to Apptuit are checked", name, n)
	}
	options := []doctor.Option{
		report(doctor.Finding{Found: found}),
		doctor.WithExporterOptions(exporters[0].Options...),
	}
	for _, key := range exporters[0].Keys {
		options = append(options, doctor.WithSource(key.Name, fmt.Sprintf("line %d of %s", key.Line, name), key.Value))
	}
	return options
}

// report returns an option that adds findings about the document to the report.
func report(findings ...doctor.Finding) doctor.Option {
	return doctor.WithCheck("config file", func(context.Context) []doctor.Finding { return findings })
}

func readDocument(name string) (*otelconf.OpenTelemetryConfiguration, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxDocument))
	if err != nil {
		return nil, err
	}
	return otelconf.ParseYAML(text)
}

// failures returns a finding for each fault of a document.
func failures(name string, err error) []doctor.Finding {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return []doctor.Finding{{Status: doctor.Failed, Found: err.Error(), Advice: "The program must be able to read the file that " + configFileVariable + " names."}}
	}
	var all []doctor.Finding
	for _, fault := range faults(err) {
		all = append(all, doctor.Finding{
			Status: doctor.Failed, Found: fmt.Sprintf("%s: %v", name, fault),
			Advice: "Correct the document; integration/otelconf/README.md lists all keys.",
		})
	}
	return all
}

// faults returns the errors that an error of otelconf joins.
func faults(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}
