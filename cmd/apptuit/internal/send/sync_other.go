// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package send

// syncFolder does nothing: the system has no way to make a name durable.
func syncFolder(string) error { return nil }
