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

	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// maxSteps bounds the keys and list items of a document that are read, with each alias and
// merge followed. A short document can multiply to billions of them.
const maxSteps = 100_000

// decoding is the state of decoding one document.
type decoding struct {
	faults []error
	used   map[*yaml.Node]bool // keys named apptuit at a valid place
	steps  int                 // keys and list items read so far, up to maxSteps
}

// value is a value of a document with its position. Its methods decode the value. If it is
// invalid, they add a fault to the decoding and return false.
type value struct {
	d    *decoding
	node *yaml.Node // never an alias; nil if the document has no such value
	name string     // the key's text; empty for an item of a list
	path string
	line int        // of the key, or of the item
	key  *yaml.Node // nil for an item of a list, or without a node
}

// errorf returns an error for the value.
func (v value) errorf(format string, args ...any) error {
	return &KeyError{Key: v.path, Line: v.line, Err: fmt.Errorf(format, args...)}
}

// fault adds an error for the value to the faults of the document.
func (v value) fault(format string, args ...any) {
	v.d.faults = append(v.d.faults, v.errorf(format, args...))
}

// null reports whether the value is null or missing. A key without a value has no effect.
func (v value) null() bool {
	return v.node == nil || v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null"
}

// text decodes a string. Any scalar is a string, as it is written: 0x10 is "0x10". Otelconf
// decodes its strings in the same way.
func (v value) text() (string, bool) {
	var s string
	if v.node.Kind != yaml.ScalarNode || v.node.Decode(&s) != nil {
		v.fault("must be a string")
		return "", false
	}
	return s, true
}

// word decodes a string that is not empty. An empty one is no fault.
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

// integer decodes an integer from least to most. The faults name its unit, such as
// milliseconds, unless it is empty.
func (v value) integer(least, most int64, unit string) (int64, bool) {
	var n int64
	if unit != "" {
		unit = ", in " + unit
	}
	switch {
	case v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!int" || v.node.Decode(&n) != nil:
		v.fault("must be an integer%s", unit)
	case n < least:
		v.fault("must be at least %d%s", least, unit)
	case n > most:
		v.fault("must be at most %d%s", most, unit)
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

// fraction decodes a number greater than 0 and less than 1.
func (v value) fraction() (n float64, ok bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!float" || v.node.Decode(&n) != nil || !(n > 0 && n < 1) {
		v.fault("must be a number between 0 and 1, for example 0.99")
		return 0, false
	}
	return n, true
}

// count decodes a number of objects, at least 1.
func (v value) count() (int, bool) {
	n, ok := v.integer(1, math.MaxInt32, "")
	return int(n), ok
}

// series decodes a number of series, which may be 0.
func (v value) series() (int, bool) {
	n, ok := v.integer(0, math.MaxInt32, "")
	return int(n), ok
}

// size decodes a number of bytes, which may be 0.
func (v value) size() (int64, bool) { return v.integer(0, math.MaxInt64, "bytes") }

func (v value) positiveSize() (int64, bool) { return v.integer(1, math.MaxInt64, "bytes") }

// milliseconds decodes a duration, which may be 0.
func (v value) milliseconds() (time.Duration, bool) { return v.duration(0) }

func (v value) positiveMilliseconds() (time.Duration, bool) { return v.duration(1) }

func (v value) duration(least int64) (time.Duration, bool) {
	n, ok := v.integer(least, math.MaxInt64/int64(time.Millisecond), "milliseconds")
	return time.Duration(n) * time.Millisecond, ok
}

// items returns the items of a list, or nil if the value is not a list.
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

// list returns the items of a list. The fault of a value that is not a list names the items,
// for example "numbers".
func (v value) list(items string) ([]value, bool) {
	if v.node.Kind != yaml.SequenceNode {
		v.fault("must be a list of %s", items)
		return nil, false
	}
	return v.items(), true
}

// child returns the value of a key in a mapping, or a value without a node.
func (v value) child(name string) value {
	for _, f := range v.fields(nil) {
		if f.name == name {
			return f
		}
	}
	return value{d: v.d, name: name, path: v.path + "." + name, line: v.line}
}

// fewNames is the number of names up to which a fault lists all valid ones.
const fewNames = 10

// mapping returns the values of a mapping that are not null. A key must be a string, must
// not occur twice, and must be known, unless no key is known: then all are valid.
func (v value) mapping(known ...string) []value {
	if v.node.Kind != yaml.MappingNode {
		keys := ""
		if len(known) > 0 && len(known) <= fewNames {
			keys = " with the keys " + strings.Join(known, ", ")
		}
		v.fault("must be a mapping%s", keys)
		return nil
	}
	return slices.DeleteFunc(v.fields(func(f value) {
		if len(known) > 0 && !slices.Contains(known, f.name) {
			v.unknown("key", f, known)
		}
	}), func(f value) bool { return f.null() || len(known) > 0 && !slices.Contains(known, f.name) })
}

// unknown adds the fault of a key of a mapping that is not among the known names. It
// suggests the nearest name, or lists all of them if they are few.
func (v value) unknown(kind string, f value, known []string) {
	shown := harmless(f.name)
	if shown != notShown {
		shown = fmt.Sprintf("%q", shown)
	}
	f.path = v.path
	f.fault("unknown %s %s: %s", kind, shown, suggestion(f.name, known))
}

// suggestion returns the advice for an unknown name.
func suggestion(name string, known []string) string {
	name, _, _ = strings.Cut(name, ":") // "token:abc" without a space is a key
	if near := nearest.Name(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) <= fewNames {
		return "expected one of " + strings.Join(known, ", ")
	}
	return "integration/otelconf/README.md lists all keys"
}

// fields returns the values of a mapping, with those of merges (<<) by the rules of yaml.v3:
// a mapping's own key overrides a merged one, and an earlier merge overrides a later one. If
// check is not nil, it is called for each value, and invalid and duplicate keys are faults.
func (v value) fields(check func(value)) []value {
	var fields []value
	seen := make(map[string]bool)
	under := make(map[*yaml.Node]bool) // mappings being added, to which a merge can lead back
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
					f.fault("a key must be a string")
				}
				continue
			case own[key.Value] && check != nil:
				f.fault("duplicate key")
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

// notShown stands for the name of a key that may be a secret.
const notShown = "(name not shown)"

// harmless returns the name of a key, or notShown if it may contain a secret. For example,
// "token:abc" without a space is a key.
func harmless(name string) string {
	for _, r := range name {
		if !strings.ContainsRune("_-./", r) && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return notShown
		}
	}
	if name == "" || len(name) > 40 {
		return notShown
	}
	return name
}
