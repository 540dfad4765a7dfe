// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package servers

import "syscall"

// dieWithParent does nothing: on this system, a server survives a test binary that ends by a timeout or a
// panic.
func dieWithParent() *syscall.SysProcAttr { return nil }
