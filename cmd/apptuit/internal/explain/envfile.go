// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// maxEnvironment bounds a file of variables, in bytes.
const maxEnvironment = 1 << 20

// useEnvironment sets the variables of a file, and removes other variables that begin with APPTUIT_ or
// OTEL_. restore undoes the changes. Errors do not quote lines, which may be secrets.
func useEnvironment(name string) (restore func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	before := os.Environ()
	restore = func() {
		os.Clearenv()
		for _, v := range before {
			if i := strings.Index(v[min(1, len(v)):], "=") + 1; i > 0 { // Windows has names that begin with =
				_ = os.Setenv(v[:i], v[i+1:])
			}
		}
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxEnvironment+1))
	if err != nil {
		return nil, fmt.Errorf("--env-file: %w", err)
	}
	if len(text) > maxEnvironment {
		return nil, fmt.Errorf("--env-file: %s has more than %d bytes", name, maxEnvironment)
	}
	given, err := variables(string(text))
	if err != nil {
		return nil, fmt.Errorf("--env-file %s: %w", name, err)
	}
	for _, v := range before {
		key, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(key, "APPTUIT_") || strings.HasPrefix(key, "OTEL_") {
			_ = os.Unsetenv(key)
		}
	}
	for _, v := range given {
		if err := os.Setenv(v.Key, v.Value); err != nil {
			restore()
			return nil, fmt.Errorf("--env-file %s: %w", name, err)
		}
	}
	return restore, nil
}

// variables parses lines NAME=value in the form of docker --env-file and of shells: a line may begin with
// export, a value may be in quotes, and empty lines and lines that begin with # are ignored.
func variables(text string) (all []model.Tag, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d is not NAME=value", number)
		}
		for _, quote := range []string{"\"", "'"} {
			if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
				value = value[1 : len(value)-1]
				break
			}
		}
		all = append(all, model.Tag{Key: name, Value: value})
	}
	return slices.Clip(all), nil
}
