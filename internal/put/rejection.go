// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import "github.com/apptuitai/apptuit-go/internal/model"

// Rejection is a point that cannot be part of a batch.
type Rejection struct {
	Source    uint32 // see [Builder.Append]
	Metric    string
	Tags      []model.Tag
	Timestamp int64
	Value     model.Value
	Err       error
	// Collision says that another point has the same series and timestamp. Otherwise the
	// point is invalid.
	Collision bool
	// Reported says that the same was reported before: the rejection only counts, and
	// has a Source and nothing else.
	Reported bool
}
