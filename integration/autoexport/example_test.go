// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
)

func ExampleRegister() {
	// A server, and the environment of the program.
	server := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer server.Close()
	variables := map[string]string{
		"OTEL_METRICS_EXPORTER":    "apptuit",
		"APPTUIT_ENDPOINT":         server.URL,
		"APPTUIT_API_TOKEN":        "secret",
		"APPTUIT_TAGS":             "env: test",
		"APPTUIT_DISABLE_HOST_TAG": "true",
	}
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			fmt.Println(err)
			return
		}
	}
	defer func() {
		for name := range variables {
			_ = os.Unsetenv(name)
		}
	}()

	apptuit.Register() // the only line that a program with autoexport needs for Apptuit

	ctx := context.Background()
	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	orders, err := provider.Meter("shop").Int64Counter("orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	orders.Add(ctx, 3)
	if err := provider.Shutdown(ctx); err != nil {
		fmt.Println(err)
		return
	}
	p := server.Points()[0]
	fmt.Println(p.Metric, p.Value, "env="+p.Tags["env"])
	// Output: orders 3 env=test
}
