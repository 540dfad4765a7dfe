// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor_test

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/doctor"
	"github.com/apptuitai/apptuit-go/exporter"
)

// A program can check its configuration when it starts, with the same options that it passes to the
// exporter.
func Example() {
	server := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer server.Close()
	options := []exporter.Option{exporter.WithEndpoint(server.URL), exporter.WithToken("an-old-token"), exporter.WithPrefix("shop.")}

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	report := doctor.Run(ctx, doctor.WithExporterOptions(options...), doctor.WithoutProbe())
	fmt.Println(report.Verdict(), report.Failed())

	// Output:
	// failed [token]
}
