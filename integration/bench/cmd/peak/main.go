// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Peak exports collections with one exporter and prints the memory that this
// took, as JSON. The program table starts it.
package main

import (
	"context"
	"log"
	"os"

	"github.com/apptuitai/apptuit-go/integration/bench/export"
)

func main() {
	if err := export.PrintPeak(context.Background(), os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}
