// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package spool

import "io/fs"

const openFlags = 0

// checkAccess checks nothing: the rights of Windows are not in a file's mode. A folder in a
// user's profile is not accessible to other users.
func checkAccess(string, fs.FileInfo) error { return nil }
