// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package memdisk

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Drive is a file system with one folder, the folder of a spool. It is safe for concurrent use.
type Drive struct {
	mu      sync.Mutex
	root    *node
	pending []change // of names, not synced, in the order in which they were made
	fault   func(Operation) Fault
}

// Operation is an operation of a process.
type Operation struct {
	Process *Process
	Kind    Kind
	Name    string
}

// Kind is the kind of an operation.
type Kind uint8

// The kinds of operations.
const (
	Lstat Kind = iota
	ReadDir
	Open
	Read
	Create
	Write
	Sync
	Mkdir
	Rename
	Remove
	Chtimes
	SyncFolder
	Lock
)

// Fault is a fault of an operation.
type Fault struct {
	Delay time.Duration // before the operation
	Kill  bool          // the process ends before the operation
	Err   error         // the operation fails; a write leaves the first half of its bytes
}

// node is a file or a folder.
type node struct {
	content  []byte // of a file, as processes read it
	synced   []byte // of a file, as it survives a power loss
	modified time.Time
	lock     *Process // who holds it

	entries map[string]*node // of a folder, as processes see it; nil for a file
	durable map[string]*node // of a folder, as it survives a power loss
}

// edit is one change of a folder: a name that becomes a node, or is removed if the node is nil.
type edit struct {
	folder *node
	name   string
	node   *node
}

// change is an atomic change of names. For example, a rename is two edits.
type change []edit

func newFolder(now time.Time) *node {
	return &node{entries: map[string]*node{}, durable: map[string]*node{}, modified: now}
}

// New returns an empty drive.
func New() *Drive { return &Drive{root: newFolder(time.Now())} }

// Process returns a handle for a new process.
func (d *Drive) Process() *Process {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Process{drive: d, root: d.root}
}

// ReplaceFolder renames the folder away and makes an empty one in its place, durably. The
// processes that have opened the folder still work on it, until they open it again.
func (d *Drive) ReplaceFolder() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root, d.pending = newFolder(time.Now()), nil
}

// SetFault sets the function that returns the fault of each further operation; nil ends all faults.
func (d *Drive) SetFault(fault func(Operation) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

// LosePower simulates a power loss of the machine. The function random must return a number
// from 0 to n-1.
func (d *Drive) LosePower(random func(n int) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.pending {
		if random(2) == 0 {
			c.persist()
		}
	}
	d.pending = nil
	d.root.losePower(random)
}

// losePower restores what is durable.
func (n *node) losePower(random func(n int) int) {
	n.lock = nil
	if n.entries == nil {
		if !bytes.Equal(n.content, n.synced) {
			n.content = torn(n.content, n.synced, random)
		}
		n.synced = bytes.Clone(n.content)
		return
	}
	n.entries = maps.Clone(n.durable)
	for _, name := range slices.Sorted(maps.Keys(n.entries)) {
		n.entries[name].losePower(random)
	}
}

// torn returns the content of a file after a power loss, if only an older version of the content
// was synced: the older version, or the first part of the content, with or without zeros
// instead of the rest.
func torn(content, synced []byte, random func(n int) int) []byte {
	part := bytes.Clone(content[:random(len(content)+1)])
	switch random(3) {
	case 0:
		return bytes.Clone(synced)
	case 1:
		return append(part, make([]byte, len(content)-len(part))...)
	}
	return part
}

// persist makes a change durable.
func (c change) persist() {
	for _, e := range c {
		if e.node == nil {
			delete(e.folder.durable, e.name)
		} else {
			e.folder.durable[e.name] = e.node
		}
	}
}

// apply makes a change visible, and durable when one of its folders is synced. The caller
// holds d.mu.
func (d *Drive) apply(edits ...edit) {
	for _, e := range edits {
		if e.node == nil {
			delete(e.folder.entries, e.name)
		} else {
			e.folder.entries[e.name] = e.node
		}
	}
	d.pending = append(d.pending, edits)
}

// syncFolder makes the changes of a folder durable. The caller holds d.mu.
func (d *Drive) syncFolder(folder *node) {
	d.pending = slices.DeleteFunc(d.pending, func(c change) bool {
		touches := slices.ContainsFunc(c, func(e edit) bool { return e.folder == folder })
		if touches {
			c.persist()
		}
		return touches
	})
}

// find returns the node of a name below a folder, nil if there is none. The caller holds
// the drive's lock.
func (n *node) find(name string) *node {
	at := n
	if name == "." {
		return at
	}
	for part := range strings.SplitSeq(name, "/") {
		if at = at.entries[part]; at == nil {
			return nil
		}
	}
	return at
}

// parent returns the folder that a name is in, nil if there is none, and the last part of
// the name. The caller holds the drive's lock.
func (n *node) parent(name string) (*node, string) {
	folder := n.find(path.Dir(name))
	if folder != nil && folder.entries == nil {
		folder = nil
	}
	return folder, path.Base(name)
}

// Files returns the content of all files by their names, as processes read it.
func (d *Drive) Files() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := map[string][]byte{}
	d.root.collect(".", files)
	return files
}

func (n *node) collect(name string, files map[string][]byte) {
	if n.entries == nil {
		files[name] = bytes.Clone(n.content)
		return
	}
	for entry, child := range n.entries {
		child.collect(path.Join(name, entry), files)
	}
}

// Put adds a file, durably and without faults. Its folder must exist.
func (d *Drive) Put(name string, content []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	folder, base := d.root.parent(name)
	file := &node{content: bytes.Clone(content), synced: bytes.Clone(content), modified: time.Now()}
	change{{folder, base, file}}.persist()
	folder.entries[base] = file
}

// Delete removes a file durably and without faults. It must exist.
func (d *Drive) Delete(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	folder, base := d.root.parent(name)
	change{{folder, base, nil}}.persist()
	delete(folder.entries, base)
}

// info describes a node.
type info struct {
	name     string
	size     int64
	modified time.Time
	folder   bool
}

func (n *node) info(name string) info {
	return info{name: path.Base(name), size: int64(len(n.content)), modified: n.modified, folder: n.entries != nil}
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.modified }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
