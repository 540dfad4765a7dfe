// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package spool keeps batches in a folder until they can be delivered. It knows
// files, bounds and the lock of the folder, and nothing of servers.
//
// A batch is a file, named by its time, so that the names' order is that of the
// batches:
//
//	magic "APTSPOOL"  version  encoding  points  raw size  time  uncounted points  body size  checksums  body
//
// It is written under another name, synced, and renamed, and the folder is
// synced: when Put returns, the batch survives a crash of the process and of the
// machine. A file that is torn or not of this format is moved into the folder
// "aside" and reported, never sent, never fatal.
//
// A folder belongs to one process at a time, by a lock on the file "lock", which
// ends with the process. What is over the bounds of bytes, files and age goes,
// oldest first, and is reported.
//
// A [Folder] is safe for concurrent use.
package spool
