// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import "syscall"

// dieWithParent makes the kernel kill the server when the test binary ends without ending the server, for
// example by a timeout or a panic.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
