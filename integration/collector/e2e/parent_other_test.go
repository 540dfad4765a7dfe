// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package e2e_test

import "syscall"

// dieWithParent does nothing on this system: a Collector survives a test binary that ends by a
// timeout or a panic.
func dieWithParent() *syscall.SysProcAttr { return nil }
