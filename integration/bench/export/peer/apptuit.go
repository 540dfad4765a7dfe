// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"

	"github.com/apptuitai/apptuit-go/exporter"
)

// newApptuit returns this project's exporter as it is by default.
func newApptuit(ctx context.Context, target Target) (Exporter, error) {
	return toApptuit(ctx, target)
}

func newApptuitNoSelf(ctx context.Context, target Target) (Exporter, error) {
	return toApptuit(ctx, target, exporter.WithoutSelfMetrics())
}

// newApptuitLarge remembers all series of what is measured.
func newApptuitLarge(ctx context.Context, target Target) (Exporter, error) {
	return toApptuit(ctx, target, exporter.WithCacheBytes(4<<30))
}

func toApptuit(ctx context.Context, target Target, opts ...exporter.Option) (Exporter, error) {
	return exporter.New(ctx, append(opts, exporter.WithoutEnvironment(), exporter.WithEndpoint(target.URL))...)
}
