// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
)

// Unmarshal reads the configuration. A key that is not known is a fault, and so is a
// duration without a unit.
func (cfg *Config) Unmarshal(conf *confmap.Conf) error {
	faults := removeBadDurations(conf)
	if err := conf.Unmarshal(strict()); err != nil {
		// The decoder names the struct by its type, which has no name.
		_, keys, unknown := strings.Cut(err.Error(), "}' has invalid keys: ")
		if unknown {
			err = fmt.Errorf("unknown keys: %s", keys)
		}
		faults = append(faults, err)
	}
	if faults != nil {
		return errors.Join(faults...)
	}
	return conf.Unmarshal(cfg)
}

// strict returns a struct that decodes as Config does, but for the method of
// confighttp's part: within a larger struct it lets all keys pass, wherever
// they are.
func strict() any {
	type plain confighttp.ClientConfig
	of := reflect.TypeFor[Config]()
	fields := make([]reflect.StructField, of.NumField())
	for i := range fields {
		fields[i] = of.Field(i)
		if fields[i].Type == reflect.TypeFor[confighttp.ClientConfig]() {
			fields[i].Type = reflect.TypeFor[plain]()
		}
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}
