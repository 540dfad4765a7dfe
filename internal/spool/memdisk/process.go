// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package memdisk

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
)

// ErrKilled is the error of operations of a process that has been killed.
var ErrKilled = errors.New("memdisk: the process has been killed")

// Process is a process that uses a drive. It implements spool.Disk.
type Process struct {
	drive  *Drive
	root   *node // the folder that the process has opened
	killed bool  // under the drive's lock
}

var _ spool.Disk = (*Process)(nil)

// Kill ends the process: its locks end, and later operations have no effect.
func (p *Process) Kill() {
	p.drive.mu.Lock()
	defer p.drive.mu.Unlock()
	p.kill()
}

func (p *Process) kill() {
	p.killed = true
	p.drive.root.unlock(p)
	p.root.unlock(p)
}

// unlock ends the locks of a process.
func (n *node) unlock(p *Process) {
	if n.lock == p {
		n.lock = nil
	}
	for _, child := range n.entries {
		child.unlock(p)
	}
}

// do makes an operation, unless a fault prevents it. No lock is held during a delay.
func (p *Process) do(kind Kind, name string, operation func() error) error {
	d := p.drive
	d.mu.Lock()
	decide := d.fault
	d.mu.Unlock()
	var fault Fault
	if decide != nil {
		fault = decide(Operation{Process: p, Kind: kind, Name: name})
	}
	if fault.Delay > 0 {
		time.Sleep(fault.Delay)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if fault.Kill && !p.killed {
		p.kill()
	}
	err := fault.Err
	switch {
	case p.killed:
		err = ErrKilled
	case err == nil:
		err = operation()
	case kind == Write:
		_ = operation() // the file knows how much of it is written
	}
	if err != nil {
		return &fs.PathError{Op: kind.String(), Path: name, Err: err}
	}
	return nil
}

// String returns the name of a kind.
func (k Kind) String() string {
	return [...]string{
		Lstat: "lstat", ReadDir: "readdir", Open: "open", Read: "read", Create: "create", Write: "write", Sync: "sync", Mkdir: "mkdir",
		Rename: "rename", Remove: "remove", Chtimes: "chtimes", SyncFolder: "syncfolder", Lock: "lock",
	}[k]
}

// Lstat implements spool.Disk.
func (p *Process) Lstat(name string) (result fs.FileInfo, err error) {
	err = p.do(Lstat, name, func() error {
		n := p.root.find(name)
		if n == nil {
			return fs.ErrNotExist
		}
		result = n.info(name)
		return nil
	})
	return result, err
}

// ReadDir implements spool.Disk.
func (p *Process) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = p.do(ReadDir, name, func() error {
		n := p.root.find(name)
		if n == nil || n.entries == nil {
			return fs.ErrNotExist
		}
		for _, entry := range slices.Sorted(maps.Keys(n.entries)) {
			entries = append(entries, fs.FileInfoToDirEntry(n.entries[entry].info(entry)))
		}
		return nil
	})
	return entries, err
}

// Open implements spool.Disk.
func (p *Process) Open(name string) (file io.ReadCloser, err error) {
	err = p.do(Open, name, func() error {
		n := p.root.find(name)
		if n == nil || n.entries != nil {
			return fs.ErrNotExist
		}
		file = &reader{p: p, name: name, rest: bytes.NewReader(bytes.Clone(n.content))}
		return nil
	})
	return file, err
}

type reader struct {
	p    *Process
	name string
	rest *bytes.Reader
}

func (r *reader) Read(b []byte) (n int, err error) {
	end := false
	err = r.p.do(Read, r.name, func() error {
		n, err = r.rest.Read(b)
		end = errors.Is(err, io.EOF)
		return nil
	})
	if err == nil && end {
		err = io.EOF
	}
	return n, err
}

func (r *reader) Close() error { return nil }

// Create implements spool.Disk.
func (p *Process) Create(name string) (file spool.DiskFile, err error) {
	err = p.do(Create, name, func() error {
		folder, base := p.root.parent(name)
		switch {
		case folder == nil:
			return fs.ErrNotExist
		case folder.entries[base] != nil:
			return fs.ErrExist
		}
		n := &node{modified: time.Now()}
		p.drive.apply(edit{folder, base, n})
		file = &writer{p: p, name: name, node: n}
		return nil
	})
	return file, err
}

type writer struct {
	p    *Process
	name string
	node *node
}

func (w *writer) Write(b []byte) (int, error) {
	written := len(b) / 2
	if err := w.p.do(Write, w.name, func() error {
		w.node.content = append(w.node.content, b[:written]...)
		return nil
	}); err != nil {
		return written, err
	}
	w.p.drive.mu.Lock()
	defer w.p.drive.mu.Unlock()
	if !w.p.killed {
		w.node.content = append(w.node.content, b[written:]...)
	}
	return len(b), nil
}

func (w *writer) Sync() error {
	return w.p.do(Sync, w.name, func() error {
		w.node.synced = bytes.Clone(w.node.content)
		return nil
	})
}

func (w *writer) Close() error { return nil }

// Mkdir implements spool.Disk.
func (p *Process) Mkdir(name string) error {
	return p.do(Mkdir, name, func() error {
		folder, base := p.root.parent(name)
		switch {
		case folder == nil:
			return fs.ErrNotExist
		case folder.entries[base] != nil:
			return fs.ErrExist
		}
		p.drive.apply(edit{folder, base, newFolder(time.Now())})
		return nil
	})
}

// Rename implements spool.Disk.
func (p *Process) Rename(from, to string) error {
	return p.do(Rename, from, func() error {
		source, old := p.root.parent(from)
		target, name := p.root.parent(to)
		if source == nil || target == nil || source.entries[old] == nil {
			return fs.ErrNotExist
		}
		p.drive.apply(edit{source, old, nil}, edit{target, name, source.entries[old]})
		return nil
	})
}

// Remove implements spool.Disk.
func (p *Process) Remove(name string) error {
	return p.do(Remove, name, func() error {
		folder, base := p.root.parent(name)
		if folder == nil || folder.entries[base] == nil {
			return fs.ErrNotExist
		}
		p.drive.apply(edit{folder, base, nil})
		return nil
	})
}

// Chtimes implements spool.Disk.
func (p *Process) Chtimes(name string, at time.Time) error {
	return p.do(Chtimes, name, func() error {
		n := p.root.find(name)
		if n == nil {
			return fs.ErrNotExist
		}
		n.modified = at
		return nil
	})
}

// SyncFolder implements spool.Disk.
func (p *Process) SyncFolder(name string) error {
	return p.do(SyncFolder, name, func() error {
		n := p.root.find(name)
		if n == nil || n.entries == nil {
			return fs.ErrNotExist
		}
		p.drive.syncFolder(n)
		return nil
	})
}

// Lock implements spool.Disk.
func (p *Process) Lock(name string, create bool) (held spool.DiskLock, err error) {
	err = p.do(Lock, name, func() error {
		n := p.root.find(name)
		if n == nil {
			folder, base := p.root.parent(name)
			if folder == nil || !create {
				return fs.ErrNotExist
			}
			n = &node{modified: time.Now()}
			p.drive.apply(edit{folder, base, n})
		}
		if n.lock == nil {
			n.lock = p
			held = &holder{p: p, name: name, node: n}
		}
		return nil
	})
	return held, err
}

// holder holds a lock.
type holder struct {
	p    *Process
	name string
	node *node
}

func (h *holder) Close() error {
	h.p.drive.mu.Lock()
	defer h.p.drive.mu.Unlock()
	if h.node.lock == h.p {
		h.node.lock = nil
	}
	return nil
}

// Valid implements spool.DiskLock.
func (h *holder) Valid() (valid bool, err error) {
	err = h.p.do(Lstat, h.name, func() error {
		valid = h.p.root == h.p.drive.root && h.p.root.find(h.name) == h.node
		return nil
	})
	return valid, err
}

// Reopen implements spool.Disk.
func (p *Process) Reopen() error {
	return p.do(Open, ".", func() error {
		p.root = p.drive.root
		return nil
	})
}

// Close implements spool.Disk.
func (p *Process) Close() error { return nil }
