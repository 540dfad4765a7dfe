// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// BaseTags merges what is below the points' own attributes, highest first: the
// layers that all resources share, which are sanitized already, the attributes of the
// resource, and the lowest of all. A key of the latter two that stays invalid,
// in mode none, is left out: it would cost every point.
func BaseTags(mode encoding.SanitizeMode, shared [][]wire.Tag, resource, lowest []wire.Tag) []wire.Tag {
	layers := append(slices.Clone(shared), validTags(mode, resource), validTags(mode, lowest))
	var merged []wire.Tag
	for _, layer := range layers {
		merged = wire.MergeTags(nil, merged, layer)
	}
	return merged
}

func validTags(mode encoding.SanitizeMode, tags []wire.Tag) []wire.Tag {
	valid := make([]wire.Tag, 0, len(tags))
	for i := range tags {
		if _, err := wire.SanitizeTags(mode, slices.Clone(tags[i:i+1])); err == nil {
			valid = append(valid, tags[i])
		}
	}
	wire.SortTags(valid)
	layer, _ := wire.SanitizeTags(mode, valid)
	return layer
}
