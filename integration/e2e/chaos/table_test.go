// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// row is the result of a fault, with or without a spool.
type row struct {
	order int
	fault string
	spool bool // the client had a spool
	times int
	account
}

// table collects the rows.
type table struct {
	mu    sync.Mutex
	rows  []row
	notes []string
}

// note adds a line below the table.
func (b *table) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *table) add(r row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows = append(b.rows, r)
}

// markdown renders the table.
func (b *table) markdown() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(x.order, y.order), strings.Compare(x.fault, y.fault), cmp.Compare(yes(x.spool), yes(y.spool)))
	})
	var text strings.Builder
	text.WriteString("| fault | spool | times | points | stored | rejected | dropped | spooled | both | forgotten | lost | duplicated |\n")
	text.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var sum row
	line := func(r row, fault, spool string) {
		fmt.Fprintf(&text, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", fault, spool,
			r.times, r.points, r.stored, r.rejected, r.dropped, r.spooled, r.both, r.forgotten, r.lost, r.duplicated)
	}
	for _, r := range b.rows {
		line(r, r.fault, yes(r.spool))
		sum.times += r.times
		sum.points += r.points
		sum.stored += r.stored
		sum.rejected += r.rejected
		sum.dropped += r.dropped
		sum.spooled += r.spooled
		sum.both += r.both
		sum.forgotten += r.forgotten
		sum.lost += r.lost
		sum.duplicated += r.duplicated
	}
	line(sum, "all", "")
	for _, n := range b.notes {
		text.WriteString("\n" + n + "\n")
	}
	return text.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
