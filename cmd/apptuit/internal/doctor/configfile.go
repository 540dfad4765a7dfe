// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/apptuitai/apptuit-go/doctor"
	"github.com/apptuitai/apptuit-go/integration/otelconf"
)

const configFileVariable = "OTEL_CONFIG_FILE"

// maxDocument is more than otelconf reads.
const maxDocument = 1<<20 + 1

// configFile returns the check of the document that OTEL_CONFIG_FILE names, if there is one.
func configFile() []doctor.Option {
	name := os.Getenv(configFileVariable)
	if name == "" {
		return nil
	}
	return []doctor.Option{doctor.WithCheck("config file", func(context.Context) []doctor.Finding { return checkDocument(name) })}
}

func checkDocument(name string) []doctor.Finding {
	fail := func(advice, format string, args ...any) doctor.Finding {
		return doctor.Finding{Status: doctor.Failed, Found: fmt.Sprintf(format, args...), Advice: advice}
	}
	file, err := os.Open(name)
	if err != nil {
		return []doctor.Finding{fail("The program must be able to read the file that "+configFileVariable+" names.", "%v", err)}
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxDocument))
	if err != nil {
		return []doctor.Finding{fail("The program must be able to read the file that "+configFileVariable+" names.", "%v", err)}
	}
	document, err := otelconf.ParseYAML(text)
	if err != nil {
		var all []doctor.Finding
		for _, fault := range faults(err) {
			all = append(all, fail("Correct the document; integration/otelconf/README.md has all keys.", "%s: %v", name, fault))
		}
		return all
	}
	found := doctor.Finding{Status: doctor.OK, Found: name + " has no fault; what it sets overrides the variables above, and the checks below do not use it"}
	switch {
	case document.Rest.Disabled != nil && *document.Rest.Disabled:
		found.Status, found.Found = doctor.Warning, name+" disables the SDK"
		found.Advice = "Remove disabled, or set it to false; it may refer to OTEL_SDK_DISABLED."
	case document.Exporters() == 0:
		found.Status, found.Found = doctor.Warning, name+" has no reader with the exporter apptuit"
		found.Advice = "Add the exporter apptuit to meter_provider.readers[].periodic, or remove " + configFileVariable + "."
	}
	return []doctor.Finding{found}
}

// faults returns the errors that an error of otelconf joins.
func faults(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return slices.Clone(joined.Unwrap())
	}
	return []error{err}
}
