// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"

	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// Unmarshal decodes the configuration. Unknown keys and durations without a unit are errors,
// reported all at once.
func (cfg *Config) Unmarshal(conf *confmap.Conf) error {
	faults := removeBadDurations(conf)
	if err := conf.Unmarshal(strict()); err != nil {
		faults = append(faults, unknownKeys(err))
	}
	if faults != nil {
		return errors.Join(faults...)
	}
	return conf.Unmarshal(cfg)
}

// unknownKeys returns an error of the decoder. If the error is about top-level keys that are
// unknown, the result names similar known keys. The decoder's own text would contain the whole
// type of the struct from strict.
func unknownKeys(err error) error {
	_, keys, found := strings.Cut(err.Error(), "}' has invalid keys: ")
	if !found {
		return err
	}
	known := topKeys(reflect.TypeFor[Config]())
	keys, rest, more := strings.Cut(keys, "\n")
	var faults []error
	for key := range strings.SplitSeq(keys, ", ") {
		advice := "the README of the exporter lists all keys"
		if near := nearest.Name(key, known); near != "" {
			advice = fmt.Sprintf("did you mean %q?", near)
		}
		faults = append(faults, fmt.Errorf("unknown key %q: %s", key, advice))
	}
	if more {
		faults = append(faults, errors.New(rest))
	}
	return errors.Join(faults...)
}

// topKeys returns the top-level keys of a configuration.
func topKeys(of reflect.Type) (keys []string) {
	for field := range of.Fields() {
		key, options, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
		if options == "squash" {
			keys = append(keys, topKeys(field.Type)...)
		} else if key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// strict returns a struct that decodes as Config does, but without the Unmarshal method of
// confighttp.ClientConfig. Embedded in a larger struct, that method would accept all keys.
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

// removeBadDurations removes invalid durations from a configuration, and returns a fault for
// each. The decoder would interpret a number without a unit as nanoseconds.
func removeBadDurations(conf *confmap.Conf) []error {
	var faults []error
	bad := badDurations(reflect.TypeFor[Config](), conf.ToStringMap(), "")
	for _, key := range slices.Sorted(maps.Keys(bad)) {
		conf.Delete(key)
		faults = append(faults, fmt.Errorf("%s: must be a number with a unit, for example 5s, 500ms or 1m30s, not %q", key, fmt.Sprint(bad[key])))
	}
	return faults
}

// badDurations returns the values of a section that are not valid durations, by their key. The
// section is decoded into a struct of the given type.
func badDurations(section reflect.Type, values map[string]any, path string) map[string]any {
	bad := make(map[string]any)
	for field := range section.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
		if options == "squash" {
			maps.Copy(bad, badDurations(field.Type, values, path))
			continue
		}
		of := settingType(field.Type)
		switch value := values[name]; {
		case of == reflect.TypeFor[time.Duration]():
			if !isDuration(value) {
				bad[path+name] = value
			}
		case of.Kind() == reflect.Struct:
			if inner, ok := value.(map[string]any); ok {
				maps.Copy(bad, badDurations(of, inner, path+name+confmap.KeyDelimiter))
			}
		}
	}
	return bad
}

// settingType returns the type of a setting without the pointer or the
// configoptional.Optional around it.
func settingType(of reflect.Type) reflect.Type {
	if get, optional := reflect.PointerTo(of).MethodByName("Get"); optional && of.Kind() == reflect.Struct &&
		get.Type.NumIn() == 1 && get.Type.NumOut() == 1 {
		of = get.Type.Out(0)
	}
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	return of
}

// isDuration reports whether a value is a duration with a unit, or 0. The decoder reports
// values that are neither numbers nor strings.
func isDuration(value any) bool {
	switch v := reflect.ValueOf(value); {
	case v.CanInt(), v.CanUint(), v.CanFloat(), v.Kind() == reflect.String:
		_, err := time.ParseDuration(fmt.Sprint(value))
		return err == nil
	}
	return true
}
