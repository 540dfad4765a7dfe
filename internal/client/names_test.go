// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
)

func encodedName(i int) string { return fmt.Sprintf(`m{"i": "%06d"}`, i) }

// use decodes names, and returns how many of them were cached.
func use(t *testing.T, n *nameCache, from, to int) (known int) {
	t.Helper()
	for i := from; i < to; i++ {
		encoded := encodedName(i)
		before := n.entries[encoded]
		d := n.decode(encoded)
		if d.err != nil || d.metric != "m" || len(d.tags) != 1 || d.tags[0].Value != fmt.Sprintf("%06d", i) {
			t.Fatalf("%s is %+v", encoded, d)
		}
		if before != nil {
			if before != d {
				t.Fatalf("%s is decoded again", encoded)
			}
			known++
		}
	}
	return known
}

func TestNameCache_IsBounded(t *testing.T) {
	entry := decodeName(model.TagRules{}, encodedName(0)).cost(encodedName(0))
	for _, tt := range []struct {
		name                 string
		entries, bytes, most int
	}{
		{"by entries", 100, 1 << 20, 100},
		{"by bytes", 1000, 50*entry + 1, 50},
		{"without room", 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNameCache(model.TagRules{}, tt.entries, tt.bytes)
			for range 3 {
				use(t, n, 0, 500)
				if len(n.entries) != tt.most || n.bytes != tt.most*entry {
					t.Fatalf("%d names of %d bytes, want %d", len(n.entries), n.bytes, tt.most)
				}
			}
		})
	}
}

func TestNameCache_DoesNotKeepLongNames(t *testing.T) {
	n := newNameCache(model.TagRules{}, 100, 1<<20)
	long := `m{"k": "` + strings.Repeat("x", 1<<20) + `"}`
	if d := n.decode(long); d.err != nil || len(d.tags[0].Value) != 1<<20 || len(n.entries) != 0 {
		t.Errorf("%v, %d names are kept", d.err, len(n.entries))
	}
	use(t, n, 0, 10)
	if got := use(t, n, 0, 10); got != 10 {
		t.Errorf("%d of 10 names are known", got)
	}
}

// If there are more names than fit, the cached ones stay in the cache, however often all
// are used.
func TestNameCache_DoesNotThrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNameCache(model.TagRules{}, 100, 1<<20)
		use(t, n, 0, 200)
		for range 10 {
			time.Sleep(2 * sweepInterval)
			if got := use(t, n, 0, 200); got != 100 {
				t.Fatalf("%d of 200 names are known, want 100", got)
			}
		}
	})
}

// Names that are no longer used are replaced.
func TestNameCache_ReplacesUnusedNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNameCache(model.TagRules{}, 100, 1<<20)
		use(t, n, 0, 100)
		rounds := 0
		for use(t, n, 1000, 1100) < 100 {
			if rounds++; rounds > 5 {
				t.Fatalf("after %d rounds they have not", rounds)
			}
			time.Sleep(sweepInterval)
		}
		if len(n.entries) != 100 {
			t.Errorf("%d names are kept", len(n.entries))
		}
	})
}
