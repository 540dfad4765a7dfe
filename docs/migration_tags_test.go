// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

func encodedNames(ctx context.Context) error {
	client, err := apptuitclient.New(apptuitclient.WithToken(token), apptuitclient.WithEncodedNames())
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Send(ctx, []apptuitclient.DataPoint{
		{Metric: `node.cpu{"core": "0", "type": "idle"}`, Timestamp: time.Now(), Value: 97.5},
	})
}

func TestMigration_EncodedNames_BecomeTags(t *testing.T) {
	s := newServer(t)
	if err := encodedNames(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := s.Points()[0]; p.Metric != "node_cpu" || p.Tags["core"] != "0" || p.Tags["type"] != "idle" {
		t.Errorf("arrived: %v", p)
	}
}

func fewerTags(ctx context.Context) (*exporter.Exporter, error) {
	exp, err := exporter.New(ctx,
		exporter.WithAttributeFilter(attribute.NewDenyKeysFilter("user_agent.original", "url.full")),
		exporter.WithMeterProvider(otel.GetMeterProvider()), // optional: OpenTelemetry's metrics of exporters, otel.sdk.exporter.*
	)
	return exp, err
}

func TestMigration_AttributeFilter_RemovesTags(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_API_TOKEN", token)
	exp, err := fewerTags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
	requests, err := provider.Meter("shop").Int64Counter("requests")
	if err != nil {
		t.Fatal(err)
	}
	requests.Add(t.Context(), 1, metric.WithAttributes(attribute.String("url.full", "x"), attribute.String("http.route", "/cart")))
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Points() {
		if p.Metric == "requests" && (p.Tags["url_full"] != "" || p.Tags["http_route"] != "/cart") {
			t.Errorf("arrived: %v", p)
		}
	}
	arrived(t, s, "requests")
}
