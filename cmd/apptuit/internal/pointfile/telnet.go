// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"errors"
	"fmt"
	"strings"
)

// telnet reads the lines of OpenTSDB's telnet protocol.
type telnet struct{}

func (telnet) end(text []byte, eof bool) (int, error) { return lineEnd(text, eof) }

func (telnet) parse(record []byte) (Point, bool, error) {
	words := strings.Fields(string(record))
	if len(words) == 0 {
		return Point{}, false, nil
	}
	if words[0] == "put" {
		words = words[1:]
	}
	if len(words) < 3 {
		return Point{}, false, errors.New("it is not of the form put METRIC TIMESTAMP VALUE KEY=VALUE …")
	}
	p := Point{Metric: words[0]}
	err := p.setTime(words[1])
	if err == nil {
		err = p.setValue(words[2])
	}
	if err == nil {
		p.Tags, err = ParseTags(words[3:])
	}
	return p, err == nil, err
}

// ParseTags parses tags of the form KEY=VALUE. It keeps a tag with an empty value: the client
// omits it, and also the global tag with its key.
func ParseTags(words []string) (map[string]string, error) {
	tags := make(map[string]string, len(words))
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("the tag %s is not of the form KEY=VALUE", quote(word))
		}
		if other, ok := tags[key]; ok && other != value {
			return nil, fmt.Errorf("the tag %s has two values", quote(key))
		}
		tags[key] = value
	}
	return tags, nil
}
