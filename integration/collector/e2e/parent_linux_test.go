// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import "syscall"

// dieWithParent has the kernel kill the Collector when the test binary is gone,
// by a time-out or a panic, and can do so no more.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
