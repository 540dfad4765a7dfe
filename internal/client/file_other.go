// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package client

// openWithoutWaiting has no effect on systems without named pipes in the file system.
const openWithoutWaiting = 0
