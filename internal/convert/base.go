// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// BaseTags merges what is below the points' own attributes, highest first: the
// layers that all resources share, which are sanitized already, the attributes of the
// resource, and the lowest of all. A key of the latter two that stays invalid,
// in mode none, is left out: it would cost every point.
func BaseTags(names Names, shared [][]model.Tag, resource, lowest []model.Tag) []model.Tag {
	layers := append(slices.Clone(shared), names.validTags(resource), names.validTags(lowest))
	var merged []model.Tag
	for _, layer := range layers {
		merged = model.MergeTags(nil, merged, layer)
	}
	return merged
}

func (n Names) validTags(tags []model.Tag) []model.Tag {
	valid := make([]model.Tag, 0, len(tags))
	for i := range tags {
		if _, err := n.Layer(slices.Clone(tags[i : i+1])); err == nil {
			valid = append(valid, tags[i])
		}
	}
	model.SortTags(valid)
	layer, _ := n.Layer(valid)
	return layer
}
