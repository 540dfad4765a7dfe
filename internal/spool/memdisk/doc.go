// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package memdisk is a file system in memory for tests of the spool. It distinguishes
// between a file that a process can read and a file that survives a power loss.
//
// A [Drive] keeps the files. A process works on them by a handle, [Drive.Process], which
// implements spool.Disk. There are two kinds of crash:
//
//   - [Process.Kill] ends a process. Its later operations fail, its locks end, and everything
//     that it has written remains, as in the page cache of an operating system.
//   - [Drive.LosePower] may lose content that was not synced, and changes of names in folders
//     that were not synced. The caller's random numbers decide about each of them, because a
//     file system may have written them without a sync. Unsynced content may be lost in part.
//     All processes must have been killed before.
//
// A [Fault] delays an operation, makes it fail, or kills its process before it.
package memdisk
