// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client

import "syscall"

// openWithoutWaiting lets a pipe be opened before it has a writer.
const openWithoutWaiting = syscall.O_NONBLOCK
