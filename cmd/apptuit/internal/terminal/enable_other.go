// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package terminal

// enableColors reports whether the terminal understands escape sequences.
func enableColors(any) bool { return true }
