// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"maps"
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
)

// settings collects the options that the keys of one exporter set.
type settings struct {
	client   []apptuitclient.Option
	exporter []exporter.Option
	placed   map[string]value // the key that sets an option, by the option's name without its package

	headers, headersList map[string]string
}

// read decodes the keys of the exporter.
func (s *settings) read(at value) {
	s.placed = make(map[string]value)
	if at.null() { // as in "console:"; the environment configures the exporter
		return
	}
	set := setters()
	for _, v := range at.mapping(topKeys()...) {
		if v.node.Kind == yaml.ScalarNode && v.node.Value == "" && v.name != "prefix" {
			continue
		}
		for _, option := range optionsOf(v.name) {
			s.placed[option] = v
		}
		set[v.name](s, v)
	}
	_, token := s.placed["WithToken"]
	if file, both := s.placed["WithTokenFile"]; token && both {
		file.fault("token is set, too: set only one of them")
	}
}

// options returns the options for exporter.New.
func (s *settings) options() []exporter.Option {
	client := slices.Clone(s.client)
	headers := maps.Clone(s.headersList)
	if headers == nil {
		headers = s.headers
	} else {
		maps.Copy(headers, s.headers)
	}
	client = append(client, apptuitclient.WithHeaders(headers)) // an empty map replaces the variable, nil does not
	return append(slices.Clone(s.exporter), exporter.WithClientOptions(client...))
}

func (s *settings) readTimeout(v value) {
	d, ok := v.milliseconds()
	if d == 0 { // no limit, as for OTLP exporters
		d = math.MaxInt64
	}
	if ok {
		s.client = append(s.client, apptuitclient.WithTimeout(d))
	}
}

func (s *settings) readRetry(v value) {
	// The defaults of the client. An interval of 0 stands for its default.
	retry := apptuitclient.RetryConfig{Enabled: true, MaxElapsedTime: time.Minute}
	for _, f := range v.mapping(keysWithin("retry")...) {
		if f.name == "enabled" {
			retry.Enabled, _ = f.truth()
			continue
		}
		d, _ := f.milliseconds()
		switch f.name {
		case "initial_interval":
			retry.InitialInterval = d
		case "max_interval":
			retry.MaxInterval = d
		case "max_elapsed_time":
			retry.MaxElapsedTime = d
		}
	}
	s.client = append(s.client, apptuitclient.WithRetry(retry))
}

func (s *settings) readSpool(v value) {
	var options []apptuitclient.SpoolOption
	directory := ""
	for _, f := range v.mapping(keysWithin("spool")...) {
		switch f.name {
		case "directory":
			directory, _ = f.word()
		case "max_bytes":
			n, _ := f.positiveSize()
			options = append(options, apptuitclient.WithSpoolMaxBytes(n))
		case "max_age":
			d, _ := f.positiveMilliseconds()
			options = append(options, apptuitclient.WithSpoolMaxAge(d))
		case "rate":
			n, _ := f.positiveNumber()
			options = append(options, apptuitclient.WithSpoolRate(n))
		case "instances":
			if on, _ := f.truth(); on {
				options = append(options, apptuitclient.WithSpoolInstances())
			}
		case "insecure_directory":
			if on, _ := f.truth(); on {
				options = append(options, apptuitclient.WithSpoolInsecureFolder())
			}
		}
	}
	if directory == "" {
		v.fault("directory is missing")
	}
	s.client = append(s.client, apptuitclient.WithSpool(directory, options...))
}

func (s *settings) readSanitizeMode(v value) {
	if mode, ok := oneOf(encoding.ParseSanitizeMode)(v); ok {
		s.exporter = append(s.exporter, exporter.WithSanitizeMode(mode))
		s.client = append(s.client, apptuitclient.WithSanitizeMode(mode)) // so that the client does not read the variable
	}
}

func (s *settings) readTags(v value) {
	tags := make(map[string]string)
	for _, f := range v.mapping() {
		if text, ok := f.text(); ok {
			tags[f.name] = text
		}
	}
	s.exporter = append(s.exporter, exporter.WithTags(tags))
}

func (s *settings) readQuantiles(v value) {
	items, ok := v.list("numbers")
	if ok && (len(items) == 0 || len(items) > maxQuantiles) {
		v.fault("must have 1 to %d numbers", maxQuantiles)
		return
	}
	var quantiles []float64
	for _, item := range items {
		if q, ok := item.fraction(); ok {
			quantiles = append(quantiles, q)
		}
	}
	s.exporter = append(s.exporter, exporter.WithQuantiles(quantiles...))
}

// maxQuantiles is the limit of exporter.WithQuantiles.
const maxQuantiles = 100

// oneOf returns a function that decodes a name by parse. It does not pass on the error of
// parse, which quotes the text: the text may be a secret at the wrong key.
func oneOf[T any](parse func(string) (T, error)) func(value) (T, bool) {
	return func(v value) (T, bool) {
		var none T
		name, ok := v.word()
		if !ok {
			return none, false
		}
		t, err := parse(name)
		if err != nil {
			v.fault("must be %s", choices(v.name))
			return none, false
		}
		return t, true
	}
}

// client returns the function that reads a key by read and sets an option of the client.
func client[T any](read func(value) (T, bool), option func(T) apptuitclient.Option) func(*settings, value) {
	return func(s *settings, v value) {
		if t, ok := read(v); ok {
			s.client = append(s.client, option(t))
		}
	}
}

// clientIf returns the function that sets an option of the client if the key has the value flag.
func clientIf(flag bool, option func() apptuitclient.Option) func(*settings, value) {
	return func(s *settings, v value) {
		if b, ok := v.truth(); ok && b == flag {
			s.client = append(s.client, option())
		}
	}
}

// export returns the function that reads a key by read and sets an option of the exporter.
func export[T any](read func(value) (T, bool), option func(T) exporter.Option) func(*settings, value) {
	return func(s *settings, v value) {
		if t, ok := read(v); ok {
			s.exporter = append(s.exporter, option(t))
		}
	}
}

// exportIf returns the function that sets an option of the exporter if the key has the value flag.
func exportIf(flag bool, option func() exporter.Option) func(*settings, value) {
	return func(s *settings, v value) {
		if b, ok := v.truth(); ok && b == flag {
			s.exporter = append(s.exporter, option())
		}
	}
}
