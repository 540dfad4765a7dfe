// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"path"
	"strings"
	"testing/synctest"
	"time"
)

// update replaces a process as a rolling update does: the new process starts before the old process
// ends. It checks that the new process uses the spool, with all batches, within a minute.
func (w *world) update(s step) {
	old := w.running[s.process]
	if old == nil || w.running[1-s.process] != nil {
		return
	}
	w.start(1 - s.process)
	next := w.running[1-s.process]
	if next == nil {
		return
	}
	time.Sleep(s.d)
	if s.n > 0 && !old.killed() {
		old.stop(time.Duration(s.n) * time.Second)
	} else {
		w.crashed = true
		old.die()
	}
	w.end(s.process)
	synctest.Wait()
	if !w.config.spool || w.disturbed() || w.slow || w.faulty {
		return
	}
	time.Sleep(time.Minute)
	if next.killed() || w.disturbed() {
		return
	}
	next.mu.Lock()
	active := next.active
	next.mu.Unlock()
	stats, ok := next.client.SpoolStats()
	if !ok || active == 0 && len(w.crafted) == 0 && int(stats.Points) != w.countFiles() {
		w.ledger.fail("take over", "%s has the spool %+v (%v) after a minute, but the files have %d points", next.name, stats, ok, w.countFiles())
	}
}

// tamper changes the folder as another program could.
func (w *world) tamper(s step) {
	files := w.drive.Files()
	switch s.action {
	case removeLocks:
		w.tampered = true
		for name := range files {
			if path.Base(name) == "lock" {
				w.drive.Delete(name)
			}
		}
	case replaceFolder:
		w.tampered = true
		w.taken += w.countFiles()
		if w.slow { // a batch that is being written may end in the replaced folder
			w.taken = math.MaxInt32
		}
		w.foreign, w.crafted = map[string]string{}, map[string]bool{}
		w.drive.ReplaceFolder()
	case foreignFiles:
		names := []string{"orders.batch", "17979cfe3d85cd15.batch", "17979cfe3d85cd15-0000002a.batch.old", "report.batch.tmp", "notes.txt"}
		name := names[s.n%len(names)]
		w.foreign[name] = fmt.Sprint("foreign ", s.n)
		w.drive.Put(name, []byte(w.foreign[name]))
	case craftedFile:
		name := fmt.Sprintf("%016x-%08x.batch", s.n, s.n)
		w.crafted[name] = true
		w.drive.Put(name, crafted(s.n))
	}
}

// crafted returns the content of a file that looks like a batch, but was not written by a client.
func crafted(n int) []byte {
	points, raw, encoding := uint32(1<<31-1), uint64(1<<40), uint16(n%4)
	switch n % 3 {
	case 0:
		return []byte("APTSPOOL")
	case 1:
		raw = 200 * 1032
	}
	body := make([]byte, 200)
	h := binary.BigEndian.AppendUint16([]byte("APTSPOOL\x00\x01"), encoding)
	h = binary.BigEndian.AppendUint32(h, points)
	h = binary.BigEndian.AppendUint64(h, raw)
	h = binary.BigEndian.AppendUint64(h, uint64(time.Now().UnixNano()))
	h = binary.BigEndian.AppendUint32(h, 0)
	h = binary.BigEndian.AppendUint64(h, uint64(len(body)))
	table := crc32.MakeTable(crc32.Castagnoli)
	h = binary.BigEndian.AppendUint32(h, crc32.Checksum(body, table))
	return append(binary.BigEndian.AppendUint32(h, crc32.Checksum(h, table)), body...)
}

// checkForeign checks that the files of other programs have not changed.
func (w *world) checkForeign() {
	files := w.drive.Files()
	for name, content := range w.foreign {
		if got := string(files[name]); got != content {
			w.ledger.fail("foreign", "%s has %q, want %q", name, got, content)
		}
	}
}

// isOurs reports whether a file is a batch that a client has written.
func (w *world) isOurs(name string) bool {
	return strings.HasSuffix(name, ".batch") && path.Base(path.Dir(name)) != "quarantine" && w.foreign[name] == "" && !w.crafted[path.Base(name)]
}
