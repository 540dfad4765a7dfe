// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package spool stores batches in a folder until they can be delivered. It knows files,
// limits and the lock of the folder, and nothing of servers.
//
// A batch is one file, named by its time, so that the order of names is that of the
// batches:
//
//	magic "APTSPOOL"  version  encoding  points  raw size  time  uncounted points  body size  checksums  body
//
// Version 2 has in addition the reason why the batch was not delivered, before the checksums. A
// batch without a reason is written as version 1.
//
// A file is written under a temporary name, synced and renamed, and the folder is synced:
// when Put returns, the batch survives a crash of the process and of the machine. A torn or
// damaged batch, or one whose header claims what no client writes, is moved to the
// quarantine, which is the subfolder "quarantine", and reported once. It is never sent, and
// never stops the spool. Files with other names, and anything but regular files, are left
// alone. No symbolic link is followed below the folder.
//
// A folder belongs to one process at a time, by a lock on the file "lock" that ends with
// the process. Before each operation, a Folder checks that the lock and the folder are those
// that it opened, see owner.go. When a limit of bytes, files or age is exceeded, the oldest
// batches are dropped and reported.
//
// A [Folder] is safe for concurrent use. A [View] reads a folder without changing it, also one
// that belongs to another process.
package spool
