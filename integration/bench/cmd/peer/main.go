// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Peer runs one exporter, in a process of its own, and measures it. The program
// table starts it and tells it what to do.
package main

import (
	"context"
	"log"
	"os"

	"go.opentelemetry.io/otel"

	"github.com/apptuitai/apptuit-go/integration/bench/export"
)

func main() {
	// What an exporter does not return, it says here.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Fatal(err) }))
	if err := export.Work(context.Background(), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
