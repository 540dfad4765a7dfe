// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package servers

import "syscall"

// dieWithParent does nothing here: a server outlives a test binary that dies
// by a time-out or a panic.
func dieWithParent() *syscall.SysProcAttr { return nil }
