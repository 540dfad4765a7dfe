// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// BaseTags merges what is below the points' own attributes, highest first: the
// layers that all resources share, which are sanitized already, the attributes of the
// resource, and the lowest of all. A key of the latter two that stays invalid,
// in mode none, is left out: it would cost every point.
func BaseTags(names Names, shared [][]wire.Tag, resource, lowest []wire.Tag) []wire.Tag {
	layers := append(slices.Clone(shared), names.validTags(resource), names.validTags(lowest))
	var merged []wire.Tag
	for _, layer := range layers {
		merged = wire.MergeTags(nil, merged, layer)
	}
	return merged
}

func (n Names) validTags(tags []wire.Tag) []wire.Tag {
	valid := make([]wire.Tag, 0, len(tags))
	for i := range tags {
		if _, err := n.Layer(slices.Clone(tags[i : i+1])); err == nil {
			valid = append(valid, tags[i])
		}
	}
	wire.SortTags(valid)
	layer, _ := n.Layer(valid)
	return layer
}
