// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path"
	"strings"
	"time"
)

// The layout of a spool file. The simulation has its own reader and writer, so that it does not
// share faults with package spool.
const (
	versionAt   = 8
	pointsAt    = 12
	timeAt      = 24
	uncountedAt = 32
	fixedSize   = 44 // in version 2, the size of the reason is at this offset; the reason follows the uncounted points
)

// headerSize returns the number of bytes before the checksum of the body.
func headerSize(content []byte) int {
	size := fixedSize + 4*int(binary.BigEndian.Uint32(content[uncountedAt:]))
	if binary.BigEndian.Uint16(content[versionAt:]) == 2 {
		size += 2 + int(binary.BigEndian.Uint16(content[fixedSize:]))
	}
	return size
}

// batchFiles calls a function with each batch file in the drive.
func (w *world) batchFiles(do func(name string, content []byte)) {
	for name, content := range w.drive.Files() {
		if w.isOurs(name) {
			do(name, content)
		}
	}
}

// countFiles counts the points in the files of the spool.
func (w *world) countFiles() int {
	points := 0
	w.batchFiles(func(name string, content []byte) {
		if len(content) < fixedSize {
			w.ledger.fail("file", "%s has %d bytes", name, len(content))
			return
		}
		points += int(binary.BigEndian.Uint32(content[pointsAt:])) - int(binary.BigEndian.Uint32(content[uncountedAt:]))
	})
	return points
}

// turnClock simulates a clock that was set forward by d between two processes: it makes the batch
// files older by d.
func (w *world) turnClock(d time.Duration) {
	type file struct {
		old, name string
		content   []byte
	}
	var files []file
	w.batchFiles(func(name string, content []byte) {
		at := int64(binary.BigEndian.Uint64(content[timeAt:])) - int64(d)
		binary.BigEndian.PutUint64(content[timeAt:], uint64(at))
		sumAt := headerSize(content) + 4
		binary.BigEndian.PutUint32(content[sumAt:], crc32.Checksum(content[:sumAt], crc32.MakeTable(crc32.Castagnoli)))
		_, sequence, _ := strings.Cut(path.Base(name), "-")
		files = append(files, file{name, path.Join(path.Dir(name), fmt.Sprintf("%016x-%s", at, sequence)), content})
	})
	for _, f := range files {
		w.drive.Delete(f.old)
	}
	for _, f := range files {
		w.drive.Put(f.name, f.content)
	}
}
