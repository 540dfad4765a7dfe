// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

func fromOTLP(ctx context.Context, roots *x509.CertPool) (*exporter.Exporter, error) {
	exp, err := exporter.New(ctx,
		exporter.WithTemporalitySelector(sdkmetric.LowMemoryTemporalitySelector),
		exporter.WithEndpoint("https://metrics.example.com/otlp"), // points go to /otlp/api/put
		exporter.WithHeaders(map[string]string{"X-Tenant": "shop"}),
		exporter.WithToken(token),
		exporter.WithTimeout(10*time.Second),
		exporter.WithRetry(apptuitclient.RetryConfig{
			Enabled: true, InitialInterval: 5 * time.Second, MaxInterval: 30 * time.Second, MaxElapsedTime: time.Minute,
		}),
		exporter.WithTLSClientConfig(&tls.Config{RootCAs: roots}),
		exporter.WithProxy(http.ProxyFromEnvironment),
	)
	return exp, err
}

func TestMigration_OptionsOfOTLP_AreAccepted(t *testing.T) {
	exp, err := fromOTLP(t.Context(), x509.NewCertPool())
	if err != nil {
		t.Fatal(err)
	}
	if got := exp.Temporality(sdkmetric.InstrumentKindCounter); got != metricdata.DeltaTemporality {
		t.Errorf("temporality %v", got)
	}
	if err := exp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
