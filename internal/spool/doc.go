// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package spool stores batches in a folder until they can be delivered. It knows files,
// limits and the lock of the folder, and nothing of servers.
//
// A batch is one file, whose name begins with the time of the batch, so that the names of
// batches are in the order of time. Numbers in a file are big-endian:
//
//	bytes  content
//	8      "APTSPOOL"
//	2      version: 1, or 2 with a reason
//	2      encoding of the body: 0 gzip, 1 zlib, 2 none
//	4      number of points
//	8      size of the body before compression, in bytes
//	8      time at which the batch was spooled, in nanoseconds since 1970
//	4      number of uncounted points, n
//	8      size of the body, in bytes
//	2      size of the reason, in bytes; only in version 2
//	4 n    indexes of the uncounted points, ascending
//	       reason why the batch was not delivered, one line of UTF-8; only in version 2
//	4      CRC-32C of the body
//	4      CRC-32C of everything before
//	       body
//
// A file is written under a temporary name, synced and renamed, and then the folder is synced.
// So when Put returns, the batch survives a crash of the process and of the machine. A torn or
// damaged file, or a file with a header that no client writes, is moved to the quarantine, the
// subfolder "quarantine", and reported once. It is never sent, and never stops the spool. Files
// with other names, and anything but regular files, are left alone. No symbolic link is
// followed below the folder.
//
// A folder belongs to one process at a time, which holds a lock on the file "lock". The lock
// ends with the process. Before each operation, a Folder checks that its lock and its folder
// were not removed or replaced, see owner.go. When a limit of bytes, files or age is exceeded,
// the oldest batches are dropped and reported.
//
// A [Folder] is safe for concurrent use. A [View] reads a folder without changing it, even if
// the folder belongs to another process.
package spool
