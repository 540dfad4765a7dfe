// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

// newApptuit returns this project's exporter as it is by default.
func newApptuit(ctx context.Context, target Target) (Exporter, error) {
	return exporter.New(ctx, toApptuit(target))
}

func newApptuitNoSelf(ctx context.Context, target Target) (Exporter, error) {
	return exporter.New(ctx, toApptuit(target), exporter.WithoutSelfMetrics())
}

// newApptuitLarge remembers all series of what is measured.
func newApptuitLarge(ctx context.Context, target Target) (Exporter, error) {
	return exporter.New(ctx, toApptuit(target), exporter.WithCacheBytes(4<<30))
}

func toApptuit(target Target) exporter.Option {
	return exporter.WithClientOptions(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(target.URL))
}
