// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A table is a map of prefixes, whatever their hashes are.
func TestTableIsAMap(t *testing.T) {
	for _, mask := range []uint64{0, 1, 7, 63, math.MaxUint64} {
		t.Run(fmt.Sprintf("hashes of %#x", mask), func(t *testing.T) {
			random := rand.New(rand.NewPCG(mask, 1))
			budget := NewBudget(1 << 30)
			table := NewTable(budget)
			table.mask = mask
			users := map[string]int{}
			for range 20_000 {
				prefix := fmt.Appendf(nil, "series %d", random.IntN(100))
				name := string(prefix)
				if s := table.Lookup(prefix); (s != nil) != (users[name] > 0) || s != nil && (s.Prefix() != name || s.Users() != users[name]) {
					t.Fatalf("%s with %d users is %v", name, users[name], s)
				}
				switch {
				case random.IntN(2) == 0:
					table.Intern(prefix)
					users[name]++
				case users[name] > 0:
					s := table.Lookup(prefix)
					if s.Users() == 1 && random.IntN(4) == 0 {
						s = table.Arrange([]Member{{prefix, s}})[0]
					}
					table.Release(s)
					users[name]--
				}
				if clear(prefix); users[name] == 0 {
					delete(users, name)
				}
				if table.Len() != len(users) {
					t.Fatalf("%d series, want %d", table.Len(), len(users))
				}
			}
			for name, n := range users {
				for range n {
					table.Release(table.Lookup([]byte(name)))
				}
			}
			if table.Len() != 0 || budget.Used() != 0 {
				t.Errorf("%d series in %d bytes are left", table.Len(), budget.Used())
			}
		})
	}
}
