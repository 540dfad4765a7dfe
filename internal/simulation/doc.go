// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package simulation tests exporter, client and spool together, by random schedules. It has
// no code but tests.
//
// A schedule is a configuration and some ten to thirty steps: exports, sends, faults of the
// server, of connections and of the disk, token rotations, restarts, crashes, rolling updates
// in which two processes overlap, Shutdown and Close; and another program that removes locks,
// replaces the folder, or puts files of its own or crafted batches into it. All of it is drawn from a seed. A schedule runs in a bubble of testing/synctest:
// its clock is simulated, its connections are pipes, its file system is package memdisk. The
// server is part of the test and keeps a ledger of all points: which it has stored, refused
// and acknowledged.
//
// When the steps are over, all faults end, and a last client delivers what is in the spool.
// Then
//
//   - the points of each Export and Send are those that were accepted, rejected, spooled and
//     dropped; the points of each spool that were found and spooled are those that were
//     replayed, rejected, dropped and removed, and those in its files;
//   - a point that was acknowledged or spooled is at the server, unless the server has refused
//     it or the client has reported it as dropped;
//   - nothing arrives that was not sent, and nothing twice unless it had to be sent twice;
//   - every call has returned by its deadline;
//   - within a minute after a process has ended, another one has taken over its spool;
//   - files of other programs are as they were;
//   - no goroutine and no connection is left;
//   - no secret is in an error, a warning, a file, or what a client prints of itself.
//
// # What a seed reproduces
//
// A seed gives the same configuration, steps, faults, jitter of the client and clock in every
// run. Steps begin when all that the previous step has caused is done or waits for the clock.
// The order in which goroutines run between two moments of the clock is the scheduler's, and
// so is the choice of a select statement with several ready cases. Of 400 seeds that ran twice
// on two cores, 331 had the same requests, random numbers, accounts and times in both runs. A
// failure that depends on the scheduler appears in a part of the runs of its seed: -runs
// repeats a schedule. A panic ends the test, and the traces of all goroutines with it show the
// schedules that ran: the seed is the first word of a schedule. Wall and
// monotonic clock advance together in a bubble. Jumps of the wall clock are therefore
// simulated between two processes alone, by the times in the files of the spool.
package simulation
