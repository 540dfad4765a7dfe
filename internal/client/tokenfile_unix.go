// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client

import "syscall"

// openWithoutWaiting opens a pipe that nobody writes to at once.
const openWithoutWaiting = syscall.O_NONBLOCK
