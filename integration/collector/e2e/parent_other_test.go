// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package e2e_test

import "syscall"

// dieWithParent does nothing here: a Collector outlives a test binary that dies
// by a time-out or a panic.
func dieWithParent() *syscall.SysProcAttr { return nil }
