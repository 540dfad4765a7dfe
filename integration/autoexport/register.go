// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/contrib/exporters/autoexport"
)

// Name is the value of OTEL_METRICS_EXPORTER that chooses this exporter.
const Name = "apptuit"

// register is of the process as the registry behind it is. Unlike a bare
// sync.Once, OnceFunc repeats a panic at every call instead of hiding it from the
// second one.
//
//nolint:gochecknoglobals // the contrib registry is of the process, and refuses a second registration
var register = sync.OnceFunc(func() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Errorf("apptuit autoexport: the program registers a metrics exporter %q of its own: %v", Name, r))
		}
	}()
	autoexport.RegisterMetricReader(Name, NewMetricReader)
})

// Register makes [Name] a value of OTEL_METRICS_EXPORTER for
// autoexport.NewMetricReader of the contrib package. It reads no variable; call
// it before the reader is made. It may be called more than once, also
// concurrently: all but the first call wait for that, and do nothing. It panics,
// at every call, if another package has registered the name before; one that does
// it later meets the contrib package's own panic.
func Register() { register() }
