// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"errors"
	"path"
	"regexp"
	"strings"
)

// ErrUnknownFormat is the error of Detect if neither name nor text tells the format.
var ErrUnknownFormat = errors.New("the format cannot be recognized")

// Detect recognizes the format of a file by the extension of its name, or otherwise by the first line of
// its text that is not empty.
func Detect(name string, text []byte) (Format, error) {
	switch path.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".csv":
		return CSV, nil
	case ".json", ".jsonl", ".ndjson":
		return JSON, nil
	case ".prom":
		return Prometheus, nil
	}
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return detectLine(string(line))
		}
	}
	return "", ErrUnknownFormat
}

func detectLine(line string) (Format, error) {
	const (
		name   = `[a-zA-Z_:][a-zA-Z0-9_:]*`
		number = `[-+]?(\d|\.\d|(?i:inf|nan))\S*`
	)
	for _, f := range []struct {
		pattern string
		format  Format
	}{
		{`^[{\[]\s*("(metric|tags|time|timestamp|value)"\s*:|\{|$)`, JSON},
		{`^put\s`, Telnet},
		{`^#`, Prometheus},
		{`^([^,]*,)*\s*"?metric"?\s*(,.*)?$`, CSV},
		{`^(` + name + `\s*\{.*\}|\{".*\})\s*` + number + `(\s+-?\d+)?$`, Prometheus},
		{`^` + name + `\s+` + number + `(\s+\d{12,14})?$`, Prometheus},
		{`^\S+\s+\d+(\.\d+)?\s+\S+\s+\S+=`, Telnet},
	} {
		if regexp.MustCompile(f.pattern).MatchString(line) {
			return f.format, nil
		}
	}
	return "", ErrUnknownFormat
}
