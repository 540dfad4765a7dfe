// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"
)

// removeBadDurations removes the durations that cannot be read from a configuration, and
// returns a fault for each. The decoder would take a number without a unit for nanoseconds.
func removeBadDurations(conf *confmap.Conf) []error {
	var faults []error
	bad := badDurations(reflect.TypeFor[Config](), conf.ToStringMap(), "")
	for _, key := range slices.Sorted(maps.Keys(bad)) {
		conf.Delete(key)
		faults = append(faults, fmt.Errorf("%s: %v is not a duration: write a number with a unit, for example 5s, 500ms or 1m30s", key, bad[key]))
	}
	return faults
}

// badDurations returns the values of a section that cannot be read as durations, by their
// key. The type is that of the struct into which the section is decoded.
func badDurations(section reflect.Type, values map[string]any, path string) map[string]any {
	bad := make(map[string]any)
	for i := range section.NumField() {
		field := section.Field(i)
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

// isDuration reports whether the decoder reads a value as the user means it. Zero needs no
// unit. Values that are neither numbers nor text are left to the decoder.
func isDuration(value any) bool {
	switch v := reflect.ValueOf(value); {
	case v.CanInt(), v.CanUint(), v.CanFloat(), v.Kind() == reflect.String:
		_, err := time.ParseDuration(fmt.Sprint(value))
		return err == nil
	}
	return true
}
