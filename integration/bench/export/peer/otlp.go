// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
)

func newOTLPHTTP(ctx context.Context, target Target) (Exporter, error) {
	return otlpHTTP(ctx, target, otlpmetrichttp.NoCompression)
}

func newOTLPHTTPGzip(ctx context.Context, target Target) (Exporter, error) {
	return otlpHTTP(ctx, target, otlpmetrichttp.GzipCompression)
}

// otlpHTTP returns an exporter without the limit of 64 MiB that it has by
// default, and with more time.
func otlpHTTP(ctx context.Context, target Target, compression otlpmetrichttp.Compression) (Exporter, error) {
	return otlpmetrichttp.New(
		ctx, otlpmetrichttp.WithEndpoint(target.Host), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithCompression(compression),
		otlpmetrichttp.WithMaxRequestSize(0), otlpmetrichttp.WithTimeout(timeoutSeconds*time.Second),
	)
}

func newOTLPGRPC(ctx context.Context, target Target) (Exporter, error) {
	return otlpmetricgrpc.New(
		ctx, otlpmetricgrpc.WithEndpoint(target.Host), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithCompressor("gzip"),
		otlpmetricgrpc.WithMaxRequestSize(0), otlpmetricgrpc.WithTimeout(timeoutSeconds*time.Second),
	)
}
