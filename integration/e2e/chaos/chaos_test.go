// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"os"
	"testing"
)

// TestChaos tries every fault, and shows the table of results.
func TestChaos(t *testing.T) {
	c := &chaos{seed: seed(t)}
	t.Logf("%s=%d", seedVariable, c.seed)
	t.Cleanup(func() {
		table := c.table.markdown()
		t.Logf("\n%s", table)
		if name := os.Getenv(tableVariable); name != "" {
			if err := os.WriteFile(name, []byte(table), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	order := 0
	for _, faults := range [][]fault{serverFaults(), proxyFaults(), tlsFaults(), scriptedFaults(), clockFaults(), mixedFaults(), crashFaults(), rollingFaults(), injectedFaults()} {
		for _, f := range faults {
			order++
			f.order = order
			c.both(t, f)
		}
	}
}
