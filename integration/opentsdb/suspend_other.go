// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package opentsdb

import "testing"

// Suspend skips the test: this system cannot suspend a process.
func (h *HBase) Suspend(t testing.TB) { t.Skip("NOT TESTED: this system cannot suspend a process") }

// Resume does nothing.
func (h *HBase) Resume(testing.TB) {}
