// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || openbsd || dragonfly

package runtimemetrics

import (
	"errors"
	"time"
)

func processSources(string) []source {
	return []source{rusageSource(1024)}
}

func processAge(string) (time.Duration, error) {
	return 0, errors.ErrUnsupported
}
