// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package servers

import "testing"

func (p *process) suspend(t testing.TB) {
	t.Helper()
	t.Skipf("NOT TESTED: %s cannot be suspended on this system", p.name)
}

func (p *process) resume(testing.TB) {}
