// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"slices"
	"syscall"

	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// diskFault is a fault of the disk: operations of these kinds fail with err.
type diskFault struct {
	kinds []memdisk.Kind
	err   error
}

func diskFaults() []diskFault {
	return []diskFault{
		{[]memdisk.Kind{memdisk.Write}, syscall.ENOSPC},
		{[]memdisk.Kind{memdisk.Create, memdisk.Mkdir}, syscall.ENOSPC},
		{[]memdisk.Kind{memdisk.Sync}, syscall.EIO},
		{[]memdisk.Kind{memdisk.Rename}, syscall.EIO},
		{[]memdisk.Kind{memdisk.SyncFolder}, syscall.EIO},
		{[]memdisk.Kind{memdisk.Remove}, syscall.EIO},
		{[]memdisk.Kind{memdisk.Read}, syscall.EIO},
		{[]memdisk.Kind{memdisk.Open, memdisk.Create, memdisk.ReadDir, memdisk.Lock}, syscall.EMFILE},
		{[]memdisk.Kind{memdisk.Create, memdisk.Rename, memdisk.Remove, memdisk.Mkdir, memdisk.Chtimes}, syscall.EROFS},
		{[]memdisk.Kind{memdisk.Lstat, memdisk.ReadDir}, syscall.EIO},
	}
}

// slowness returns the sets of operations that a slow disk delays.
func slowness() [][]memdisk.Kind {
	return [][]memdisk.Kind{
		{memdisk.Create, memdisk.Write, memdisk.Sync, memdisk.Rename, memdisk.SyncFolder, memdisk.Remove, memdisk.Open, memdisk.Read, memdisk.Lock},
		{memdisk.Rename},
		{memdisk.SyncFolder},
		{memdisk.Sync},
		{memdisk.Open, memdisk.Read},
		{memdisk.Remove},
	}
}

// decide returns the fault of an operation of the disk.
func (w *world) decide(op memdisk.Operation) (f memdisk.Fault) {
	w.mu.Lock()
	p := w.byDisk[op.Process]
	if p == nil {
		w.mu.Unlock()
		return f
	}
	if w.killAt >= 0 && w.running[w.killing] == p {
		if w.killAt--; w.killAt < 0 {
			f.Kill = true
		}
	}
	if w.delays > 0 && slices.Contains(w.delayed, op.Kind) {
		w.delays--
		f.Delay = w.delay
	}
	for _, kind := range w.fault.kinds {
		if w.faults > 0 && kind == op.Kind {
			w.faults--
			f.Err = w.fault.err
		}
	}
	w.mu.Unlock()
	p.mu.Lock()
	late := p.released && !p.dead
	p.mu.Unlock()
	if late {
		w.ledger.fail("lock", "%s uses the disk after Close: %v %s", p.name, op.Kind, op.Name)
	}
	if f.Kill {
		p.die()
	}
	return f
}

// disturbed reports whether the disk fails now, or a process is about to be killed.
func (w *world) disturbed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults > 0 || w.killAt >= 0
}

// disturb begins or ends faults of the disk.
func (w *world) disturb(s step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s.action {
	case diskFails:
		w.fault, w.faults, w.faulty = diskFaults()[s.n], s.m, true
	case diskIsSlow:
		w.delay, w.delays, w.delayed, w.slow = s.d, s.m, slowness()[s.n], true
	case diskRecovers:
		w.faults, w.delays, w.killAt = 0, 0, -1
	case killAtDisk:
		w.killAt, w.killing, w.crashed = s.n, s.process, true
	}
}
