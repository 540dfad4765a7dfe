// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package memdisk is a file system in memory for tests of the spool. It distinguishes
// between a file that a process can read and a file that survives a power loss.
//
// A [Drive] keeps the files. A process works on them by a handle, [Drive.Process], which
// implements spool.Disk. There are two kinds of crash:
//
//   - [Process.Kill] ends a process. Its later operations fail, its locks end, and all that
//     it has written stays, as it does in the page cache of an operating system.
//   - [Drive.LosePower] loses content that was not synced, and changes of names in folders
//     that were not synced. The caller's random numbers decide about each of them, since a
//     file system may have written it all the same. What is left of unsynced content is a
//     part of it. All processes must have been killed before.
//
// A [Fault] delays an operation, makes it fail, or kills its process before it.
package memdisk
