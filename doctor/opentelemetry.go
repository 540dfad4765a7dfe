// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// Variables of OpenTelemetry.
const (
	exporterVariable     = "OTEL_METRICS_EXPORTER" // read by autoexport
	intervalVariable     = "OTEL_METRIC_EXPORT_INTERVAL"
	timeoutVariable      = "OTEL_METRIC_EXPORT_TIMEOUT"
	disabledVariable     = "OTEL_SDK_DISABLED"
	configFileVariable   = "OTEL_CONFIG_FILE"
	experimentalVariable = "OTEL_EXPERIMENTAL_CONFIG_FILE"
)

// The defaults of the SDK's periodic reader (sdk/metric, periodic_reader.go).
const (
	defaultInterval      = 60 * time.Second
	defaultExportTimeout = 30 * time.Second
)

// shortest is the duration below which a timeout or an interval is probably a mistake.
const shortest = time.Second

// checkOpenTelemetry checks the variables of OpenTelemetry that concern metrics.
func checkOpenTelemetry(_ context.Context, r *run, f *findings) {
	r.checkExporterVariable(f.about("exporters"))
	r.checkMilliseconds(f.about("export interval"), intervalVariable, defaultInterval)
	limit := r.checkMilliseconds(f.about("export timeout"), timeoutVariable, defaultExportTimeout)
	r.checkTimeout(f.about("timeout"), limit)
	if strings.EqualFold(r.lookup(disabledVariable), "true") {
		f.about("sdk").warn("Remove the variable if you want metrics.",
			"%s is true: a document of declarative configuration usually disables the SDK then; without such a document, Go's SDK ignores the variable", disabledVariable)
	}
	if r.lookup(experimentalVariable) != "" {
		f.about("config file").warn("Name the file with "+configFileVariable+".", "%s is set, but otelconf refuses the variable", experimentalVariable)
	}
}

// checkExporterVariable checks the list of exporters, which package autoexport reads.
func (r *run) checkExporterVariable(f *findings) {
	known := []string{"apptuit", "otlp", "prometheus", "console", "none"}
	list := r.lookup(exporterVariable)
	if list == "" {
		return
	}
	unknown := false
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if slices.Contains(known, names[i]) {
			continue
		}
		unknown = true
		advice := "A program that uses autoexport gets an error for an unknown name, unless it registers an exporter with this name."
		if near := nearest.Name(names[i], known); near != "" {
			advice = "Did you mean " + near + "? A program that uses autoexport gets an error for an unknown name."
		}
		f.warn(advice, "%s: there is no exporter %q", exporterVariable, names[i])
	}
	if slices.Contains(names, "apptuit") || unknown {
		return
	}
	f.warn("Set "+exporterVariable+"=apptuit. Programs that call exporter.New ignore the variable.",
		"%s=%s: a program that uses autoexport does not export to Apptuit", exporterVariable, list)
}

// checkMilliseconds checks a variable of the SDK whose value must be an integer of milliseconds. It
// returns the duration that is in effect.
func (r *run) checkMilliseconds(f *findings, variable string, standard time.Duration) time.Duration {
	text := r.lookupExactly(variable)
	if text == "" {
		return standard
	}
	d, ok := parseMilliseconds(text)
	if !ok {
		advice := "The value must be an integer of milliseconds, for example " + variable + "=10000."
		if d, err := time.ParseDuration(strings.TrimSpace(text)); err == nil && d >= time.Millisecond {
			advice = fmt.Sprintf("The value must be an integer of milliseconds: %s=%d.", variable, d.Milliseconds())
		}
		f.warn(advice, "%s=%s is not valid: the SDK logs an error and uses %v", variable, text, standard)
		return standard
	}
	if n := d.Milliseconds(); d < shortest {
		f.warn(fmt.Sprintf("The unit is milliseconds. For %d seconds, set %s=%d000.", n, variable, n), "%s=%s is %v", variable, text, d)
	}
	return d
}

// ignoredBySDK reports whether a setting has a value that the SDK does not use, because it is not
// valid. checkMilliseconds reports such a value.
func (r *run) ignoredBySDK(setting string) bool {
	variable := map[string]string{"export interval": intervalVariable, "export timeout": timeoutVariable}[setting]
	if variable == "" {
		return false
	}
	text := r.lookupExactly(variable)
	_, ok := parseMilliseconds(text)
	return text != "" && !ok
}

// parseMilliseconds parses a duration as the SDK does: a positive integer of milliseconds.
func parseMilliseconds(text string) (time.Duration, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > int64(math.MaxInt64/time.Millisecond) {
		return 0, false
	}
	return time.Duration(n) * time.Millisecond, true
}

// checkTimeout compares the timeout of requests with the timeout of an Export.
func (r *run) checkTimeout(f *findings, export time.Duration) {
	_, from := r.inEffect("timeout")
	d, err := time.ParseDuration(from.value)
	switch {
	case err != nil || d <= 0: // not set, or reported by checkConfiguration
	case d < shortest:
		f.warn("Few servers answer so fast. The points of a request that is canceled may be stored, and are sent again. The default is 60s.",
			"a request may take %v, from %s", d, from.name)
	case d > export:
		f.warn(fmt.Sprintf("Raise %s (milliseconds) if requests need more time.", timeoutVariable),
			"a request may take %v, from %s, but an Export with all its requests ends after %v", d, from.name, export)
	}
}
