// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Layer is the tags of one source. The layers of a data point are the layer of its attributes,
// the layer of its scope, and [BaseLayers], in this order of precedence.
type Layer struct {
	Source string      // its name for readers, for example APPTUIT_TAGS
	Given  []model.Tag // the tags as given by the source
	Tags   []model.Tag // the same as a layer of [model.MergeTags]
}

// Origin is a tag of a data point, and the sources that set it.
type Origin struct {
	Key string
	// Value is the value on the wire. It is empty if the tag is omitted, because the value of
	// the source with the highest precedence is empty.
	Value string
	// From lists the sources that set the key. The first source has the highest precedence,
	// and its value is sent.
	From []Contribution
}

// Contribution is the value of a tag in one source.
type Contribution struct {
	Source string
	Value  string      // before it is rewritten for the server
	Given  []model.Tag // the tags of the source that became this tag; the values of several tags are joined
}

// Origins returns the tags of a data point with these layers, sorted by key. It includes tags
// that are omitted, and does not check the number of tags: if there are too many, the
// rejections of the data point say so.
func (c *Config) Origins(layers []Layer) []Origin {
	tags := make([][]model.Tag, len(layers))
	for i := range layers {
		tags[i] = layers[i].Tags
	}
	merged := mergeLayers(tags)
	finished, _ := c.tagRules().Finish(slices.Clone(merged))
	var all []Origin
	for _, t := range merged {
		o := Origin{Key: t.Key}
		if i := indexOf(finished, t.Key); i >= 0 {
			o.Value = string([]rune(finished[i].Value)) // JSON has U+FFFD for a byte that is not UTF-8
		}
		for _, l := range layers {
			if i := indexOf(l.Tags, t.Key); i >= 0 {
				o.From = append(o.From, Contribution{l.Source, l.Tags[i].Value, c.Names.given(l.Given, t.Key)})
			}
		}
		all = append(all, o)
	}
	return all
}

// given returns the tags whose key becomes key.
func (n Names) given(tags []model.Tag, key string) []model.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t model.Tag) bool { return n.key(t.Key) != key })
}

func indexOf(tags []model.Tag, key string) int {
	return slices.IndexFunc(tags, func(t model.Tag) bool { return t.Key == key })
}

// ScopeLayer returns the tags of a scope, none if the configuration has no scope tags. The
// attributes must be sorted by key.
func (c *Config) ScopeLayer(name, version, schema string, attributes []model.Tag) []model.Tag {
	if !c.ScopeTags {
		return nil
	}
	return c.Names.scope(name, version, schema, attributes)
}
