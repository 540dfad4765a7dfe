// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// workspace is memory that a conversion needs and that belongs to no resource. Exports
// that run at the same time have one each.
type workspace struct {
	writer   block.Writer
	renderer put.Renderer
	keys     keyCache
	tags     []model.Tag // of a new data point
	text     []byte      // of its tags
	passing  passing
	lines    block.Distribution
	floats   []float64
	explicit histogram.ExplicitBuckets
}

func newWorkspace(cfg *Config) *workspace { return &workspace{keys: newKeyCache(cfg.Names)} }
