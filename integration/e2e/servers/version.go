// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// builtVersion returns the version of a Go program that does not print it: the version of its main module if
// go install has built it, or otherwise the version of its Debian package.
func builtVersion(path string) (string, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	owner, err := output("dpkg-query", "--search", path)
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(owner, ":")
	version, err := output("dpkg-query", "--show", "--showformat=${Version}", name)
	if err != nil {
		return "", err
	}
	return versionIn(version)
}

// printedVersion returns the version that a program prints when it is called with an argument.
func printedVersion(path, argument string) (string, error) {
	text, err := output(path, argument)
	if err != nil {
		return "", err
	}
	return versionIn(text)
}

// versionIn returns the first version in a text: 1.6.7 of "InfluxDB v1.6.7~rc0", for example.
func versionIn(text string) (string, error) {
	version := regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+`).FindString(text)
	if version == "" {
		return "", fmt.Errorf("no version in %q", text)
	}
	return version, nil
}

// output returns the standard output and standard error of a command.
func output(name string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	text, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, text)
	}
	return string(text), nil
}
