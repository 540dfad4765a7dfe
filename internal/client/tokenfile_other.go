// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package client

// openWithoutWaiting is nothing where there are no pipes with names of files.
const openWithoutWaiting = 0
