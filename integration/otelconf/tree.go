// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxSteps bounds what merges and aliases may multiply to.
const maxSteps = 100_000

// decoding is the way through a document.
type decoding struct {
	faults []error
	used   map[*yaml.Node]bool // keys named apptuit that are where they belong
	steps  int
}

// value is a place in the document.
type value struct {
	d    *decoding
	node *yaml.Node // no alias; nil if there is nothing
	name string     // of the key
	path string
	line int // of the key
	key  *yaml.Node
}

func (v value) errorf(format string, args ...any) error {
	return &KeyError{Key: v.path, Line: v.line, Err: fmt.Errorf(format, args...)}
}

func (v value) fault(format string, args ...any) {
	v.d.faults = append(v.d.faults, v.errorf(format, args...))
}

// null tells a key without a value, which is as if it was not there.
func (v value) null() bool {
	return v.node == nil || v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null"
}

// text reads any scalar as it is written, as otelconf does for its texts.
func (v value) text() (string, bool) {
	var s string
	if v.node.Kind != yaml.ScalarNode || v.node.Decode(&s) != nil {
		v.fault("must be a text")
		return "", false
	}
	return s, true
}

// word is a text; an empty one is none.
func (v value) word() (string, bool) {
	s, ok := v.text()
	return s, ok && s != ""
}

func (v value) truth() (b, ok bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.Decode(&b) != nil {
		v.fault("must be true or false")
		return false, false
	}
	return b, true
}

// integer reads a number in a unit that faults name, as "milliseconds"; a number of
// things has none.
func (v value) integer(least, most int64, unit string) (int64, bool) {
	var n int64
	within := ""
	if unit != "" {
		within = ", in " + unit
	}
	switch {
	case v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!int" || v.node.Decode(&n) != nil:
		v.fault("must be %s", strings.TrimPrefix(unit+", an integer", ", "))
	case n < least:
		v.fault("must be at least %d%s", least, within)
	case n > most:
		v.fault("must be at most %d%s", most, within)
	default:
		return n, true
	}
	return 0, false
}

func (v value) positiveNumber() (float64, bool) {
	var n float64
	tag := v.node.ShortTag()
	if v.node.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" || v.node.Decode(&n) != nil || n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		v.fault("must be a number above 0")
		return 0, false
	}
	return n, true
}

// fraction is a number between 0 and 1, neither of them.
func (v value) fraction() (n float64, ok bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!float" || v.node.Decode(&n) != nil || !(n > 0 && n < 1) {
		v.fault("must be a number between 0 and 1")
		return 0, false
	}
	return n, true
}

// count is a number of things.
func (v value) count() (int, bool) {
	n, ok := v.integer(1, math.MaxInt32, "")
	return int(n), ok
}

// series is a number of series, which may be 0.
func (v value) series() (int, bool) {
	n, ok := v.integer(0, math.MaxInt32, "")
	return int(n), ok
}

// size is a number of bytes, which may be 0.
func (v value) size() (int64, bool) { return v.integer(0, math.MaxInt64, "bytes") }

func (v value) positiveSize() (int64, bool) { return v.integer(1, math.MaxInt64, "bytes") }

// milliseconds is a time, which may be 0.
func (v value) milliseconds() (time.Duration, bool) { return v.duration(0) }

func (v value) positiveMilliseconds() (time.Duration, bool) { return v.duration(1) }

func (v value) duration(least int64) (time.Duration, bool) {
	n, ok := v.integer(least, math.MaxInt64/int64(time.Millisecond), "milliseconds")
	return time.Duration(n) * time.Millisecond, ok
}

// items returns those of a list.
func (v value) items() []value {
	if v.node == nil || v.node.Kind != yaml.SequenceNode {
		return nil
	}
	if v.d.steps += len(v.node.Content); v.d.steps >= maxSteps {
		return nil
	}
	items := make([]value, len(v.node.Content))
	for i, n := range v.node.Content {
		items[i] = value{d: v.d, node: resolve(n), path: fmt.Sprintf("%s[%d]", v.path, i), line: n.Line}
	}
	return items
}

// list is items, of what must be a list.
func (v value) list() []value {
	if v.node.Kind != yaml.SequenceNode {
		v.fault("must be a list")
	}
	return v.items()
}

// child returns what a mapping has under a key, or a value without a node.
func (v value) child(name string) value {
	for _, f := range v.fields(nil) {
		if f.name == name {
			return f
		}
	}
	return value{d: v.d, name: name, path: v.path + "." + name, line: v.line}
}

// mapping returns the values of a mapping that are not null. Of what is no mapping,
// and of keys that are not known, twice there or no text, it makes faults.
func (v value) mapping(known ...string) []value {
	if v.node.Kind != yaml.MappingNode {
		v.fault("must be a mapping")
		return nil
	}
	return slices.DeleteFunc(v.fields(func(f value) {
		if len(known) > 0 && !slices.Contains(known, f.name) {
			f.path = v.path
			f.fault("%s is not known here%s", harmless(f.name), suggestion(f.name, known))
		}
	}), func(f value) bool { return f.null() || len(known) > 0 && !slices.Contains(known, f.name) })
}

// fields returns what a mapping has, that of merges (<<) included, by the rules
// of yaml.v3: its own keys hide merged ones, an earlier merge a later one. If
// check is there, it is called with each, and faults are noted.
func (v value) fields(check func(value)) []value {
	var fields []value
	seen := make(map[string]bool)
	under := make(map[*yaml.Node]bool) // which a merge could bring back
	var add func(n *yaml.Node)
	add = func(n *yaml.Node) {
		if under[n] {
			return
		}
		under[n] = true
		defer delete(under, n)
		var merges []*yaml.Node
		own := make(map[string]bool)
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content) && v.d.steps < maxSteps; i += 2 {
			v.d.steps++
			key, content := resolve(n.Content[i]), resolve(n.Content[i+1])
			f := value{
				d: v.d, node: content, name: key.Value, key: key,
				path: strings.TrimPrefix(v.path+"."+harmless(key.Value), "."), line: n.Content[i].Line,
			}
			switch {
			case key.ShortTag() == "!!merge":
				merges = append(merges, content)
				continue
			case key.Kind != yaml.ScalarNode:
				if check != nil {
					f.path = v.path
					f.fault("a key must be a text")
				}
				continue
			case own[key.Value] && check != nil:
				f.fault("is there twice")
			}
			own[key.Value] = true
			if !seen[key.Value] {
				seen[key.Value] = true
				fields = append(fields, f)
				if check != nil {
					check(f)
				}
			}
		}
		for _, m := range merges {
			if m.Kind != yaml.SequenceNode {
				add(m)
				continue
			}
			for _, item := range m.Content {
				add(resolve(item))
			}
		}
	}
	if v.node != nil {
		add(v.node)
	}
	return fields
}

// harmless returns the name of a key, unless it may be a secret: "token:abc"
// without a space is a key.
func harmless(name string) string {
	for _, r := range name {
		if !strings.ContainsRune("_-./", r) && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return "(a key)"
		}
	}
	if name == "" || len(name) > 40 {
		return "(a key)"
	}
	return name
}
