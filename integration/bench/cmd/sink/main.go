// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Sink runs the sink of the benchmarks. It prints its addresses, and ends when
// its standard input does.
package main

import (
	"log"
	"os"

	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

func main() {
	if err := sink.Serve(os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}
