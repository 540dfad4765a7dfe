// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package simulation tests exporter, client and spool together, by random schedules. It
// contains only tests.
//
// A schedule is a configuration and some ten to thirty steps, all drawn from a seed: exports,
// sends, faults of the server, of connections and of the disk, token rotations, restarts,
// crashes, rolling updates in which two processes overlap, Shutdown and Close. In some steps
// another program removes locks, replaces the folder of the spool, or puts foreign files or
// crafted batches into it.
//
// A schedule runs in a bubble of testing/synctest: its clock is simulated, its connections are
// pipes, and its file system is package memdisk. The server is part of the test. It keeps a
// ledger of the points that it has stored, refused and acknowledged.
//
// After the steps all faults end, and a last client delivers the spooled points. Then the test
// checks that
//
//   - for each Export and Send, accepted + rejected + spooled + dropped is the number of its
//     points; for each spool, found + spooled = replayed + rejected + dropped + removed + the
//     points in its files;
//   - a point that was acknowledged or spooled is at the server, unless the server has refused
//     it or the client has reported it as dropped;
//   - no point arrives that was not sent, and no point arrives twice unless it had to be sent
//     twice;
//   - every call has returned by its deadline;
//   - within a minute after a process has ended, another process has taken over its spool;
//   - files of other programs are unchanged;
//   - no goroutine and no connection is left;
//   - no secret is in an error, a warning, a file, or the printed form of a client.
//
// # What a seed reproduces
//
// A seed determines the configuration, the steps, the faults, the jitter of the client and the
// clock. A step begins when all goroutines are blocked. But the scheduler determines the order
// in which goroutines run between two moments of the clock, and the choice of a select
// statement with several ready cases. Of 400 seeds that ran twice on two cores, 331 had the
// same requests, random numbers, accounts and times in both runs. A failure that depends on
// the scheduler appears in some runs of its seed only, so -runs repeats a schedule.
//
// A panic ends the test and prints the traces of all goroutines, which show the schedules that
// ran: the seed is the first word of a schedule.
//
// Wall clock and monotonic clock advance together in a bubble. So jumps of the wall clock are
// simulated only between two processes, by changing the times in the files of the spool.
package simulation
