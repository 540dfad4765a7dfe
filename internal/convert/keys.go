// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// keyCache remembers the sanitized form of attribute keys and the text of integers. Most
// data points have the same few.
type keyCache struct {
	names    Names
	keys     map[string]key
	last     []lastKey // of the last data point
	integers map[int64]string
}

// key is the sanitized form of a key. err says why it is invalid.
type key struct {
	text string
	err  error
}

type lastKey struct {
	name string
	key
}

// Limits of the maps. A full map is cleared.
const (
	maxKeys     = 1000
	maxIntegers = 4096
)

func newKeyCache(names Names) keyCache {
	return keyCache{names: names, keys: make(map[string]key), integers: make(map[int64]string)}
}

// sanitized returns the sanitized form of the key of attribute i, which is probably that of
// attribute i of the last data point.
func (c *keyCache) sanitized(i int, name string) key {
	if i < len(c.last) && c.last[i].name == name {
		return c.last[i].key
	}
	k, ok := c.keys[name]
	if !ok {
		name = strings.Clone(name)
		k.text = c.names.key(name)
		k.err = model.CheckName(encoding.FieldTagKey, k.text)
		if len(c.keys) == maxKeys {
			clear(c.keys)
		}
		c.keys[name] = k
	}
	if i < 2*encoding.MaxTags {
		c.last = append(c.last[:min(i, len(c.last))], lastKey{strings.Clone(name), k})
	}
	return k
}

// integer returns the text of an integer.
func (c *keyCache) integer(v int64) string {
	text, ok := c.integers[v]
	if !ok {
		if len(c.integers) == maxIntegers {
			clear(c.integers)
		}
		text = strconv.FormatInt(v, 10)
		c.integers[v] = text
	}
	return text
}
