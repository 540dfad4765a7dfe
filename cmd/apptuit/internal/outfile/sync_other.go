// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package outfile

// syncFolder does nothing: the system cannot make a name durable.
func syncFolder(string) error { return nil }
