// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package client sends points to one server over HTTP, and accounts for each of them.
// Package apptuitclient is its public face; packages exporter and query and the Collector
// component use it directly.
//
// # The path of a batch
//
// A [Writer] takes points and hands a full batch to Client.deliver. Without a spool a
// [sender] sends it:
//
//	sender.send      one batch, in parts where it is too large     sender.go, split.go, size.go
//	sender.persist   one part, again while that may help           sender.go, retrier.go
//	Client.attempt   exactly one request                           attempt.go, request.go
//	Client.judge     the answer becomes a result                   answer.go, putanswer.go, result.go
//	actionOf         a status, or a text, becomes an action        action.go, reason.go
//
// Points that the server has decided about are counted in the sender's [tally]. Batches
// that it has not decided about are the sender's undelivered ones, which the caller gives
// up or keeps: a [spooler] stands around the sender, asks the [circuit] breaker whether a
// request may be made, and writes undelivered batches into a folder. Its [replayer]
// delivers them later, with senders of the same kind:
//
//	spooler.sendIfAllowed   one attempt, if the circuit allows it        spooler.go, circuit.go
//	spooler.keepOrGiveUp    an undelivered batch becomes a file          spooler.go, keep.go
//	replayer.run, try       the oldest file that may be tried is sent    replay.go
//	replayer.replaceFile    files of the parts that are left, or none    replay.go
//	replayer.proceed        when to go on, and with which file           replay.go
//
// # What goes where
//
// A status that is to be judged in another way: action.go. A text of a server that means
// something: reason.go. Waits and their ends: retrier.go, backoff.go. Tokens:
// credentials.go, tokenfile.go. Secrets in the text of servers: redact.go, secrets.go.
// Options and variables: settings.go, environment.go. Questions to the server: read.go.
package client
