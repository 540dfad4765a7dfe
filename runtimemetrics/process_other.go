// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package runtimemetrics

import (
	"errors"
	"time"
)

func processSources(string) []source { return nil }

func processAge(string) (time.Duration, error) {
	return 0, errors.ErrUnsupported
}
