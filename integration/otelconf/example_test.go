// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/otelconf"
)

// This example runs the document of the README with servers in this process.
func Example() {
	srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer srv.Close()
	otlp := httptest.NewServer(http.NotFoundHandler())
	defer otlp.Close()
	variables := map[string]string{
		"APPTUIT_ENDPOINT": srv.URL, "APPTUIT_API_TOKEN": "secret", "OTLP_ENDPOINT": otlp.URL, "OTEL_RESOURCE_ATTRIBUTES": "host.name=web1",
	}
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	defer func() {
		for name := range variables {
			_ = os.Unsetenv(name)
		}
	}()

	text, err := os.ReadFile("testdata/otel.yaml")
	if err != nil {
		panic(err)
	}
	cfg, err := otelconf.ParseYAML(text)
	if err != nil {
		panic(err)
	}
	sdk, err := otelconf.NewSDK(otelconf.WithOpenTelemetryConfiguration(*cfg))
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	orders, err := sdk.MeterProvider().Meter("example").Int64Counter("orders")
	if err != nil {
		panic(err)
	}
	orders.Add(ctx, 3, metric.WithAttributes(attribute.String("country", "de")))

	_ = sdk.Shutdown(ctx) // exports the last metrics; the error is ignored because the OTLP server refuses them

	for _, p := range srv.Points() {
		if strings.HasPrefix(p.Metric, "shop_orders") {
			fmt.Println(p.Metric, p.Tags, p.Value)
		}
	}
	// Output:
	// shop_orders map[country:de deployment_environment_name:test host:web1 otel_scope_name:example service_name:shop zone:eu] 3
}
