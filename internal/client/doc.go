// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package client sends points to one server over HTTP, and accounts for each of them.
// Package apptuitclient is its public API; packages exporter and query and the Collector
// component use this package directly.
//
// # The path of a batch
//
// A [Writer] collects points, and passes each full batch to Client.deliver. (A [Sending] renders
// the points of one call of Send for a Writer.) Without a spool, a [sender] delivers the batch:
//
//	sender.send       splits the batch where it is too large         sender.go, split.go, sizelimit.go
//	sender.sendPart   attempts one part, with retries                sender.go, retrier.go
//	Client.attempt    makes exactly one request                      attempt.go, request.go
//	Client.judge      turns the answer into a result                 answer.go, putanswer.go, result.go
//	actionOf          turns a status or a text into an action        action.go, answertext.go
//
// The sender's [tally] counts the points that the server has accepted or rejected. A batch that
// the server has neither accepted nor rejected is undelivered, and its deliveryFailure holds
// the reason. Without a spool, tally.giveUp counts its points as rejected or dropped.
//
// With a spool, a [spooler] uses the sender. The [circuit] breaker decides whether a live batch
// is attempted, and an undelivered batch is written to a file in the folder. The [replayer]
// delivers the files later, with its own senders:
//
//	spoolOpener.run         opens the folder, waits for it, maintains it    spoolopen.go
//	spooler.sendIfAllowed   makes one attempt, if the circuit allows it     spooler.go, circuit.go
//	spooler.spoolOrGiveUp   writes an undelivered batch into the folder     spooler.go, spoolwrite.go
//	spooler.reportSpooling  calls the warning handler                       spoolreport.go
//	replayer.run            chooses the next file, waits until it is due    replay.go
//	replayer.replay         attempts one file                               replay.go
//	replayer.replaceFile    keeps the undelivered parts of a split batch    replay.go
//	replayer.schedule       decides when to continue, and with which file   replay.go
//	replayer.markFailed     postpones or quarantines a file                 replayfailure.go
//
// # Terms
//
// A live batch comes from the program, and a replayed batch from the folder. An attempt is
// one HTTP request. A retry is a further attempt to deliver a live batch, after a delay or
// with another token; [retrier] and [RetryPolicy] control it. With a spool there are no
// delayed retries, because the replay replaces them. A refusal is an answer of the server
// that does not accept points. A rejected point was refused, or is invalid, and will not be
// sent again. A counted point belongs to the program; the exporter's own metrics are
// uncounted.
//
// # Where to make a change
//
//	the action for a status                action.go
//	the meaning of a server's text         answertext.go
//	OpenTSDB's answers with details        putanswer.go
//	InfluxDB's partial writes              answer.go (partialWrite)
//	the delay that an answer requests      answer.go (requestedDelay)
//	other delays between attempts          backoff.go, retrier.go
//	tokens                                 credentials.go
//	secrets in the text of servers         redact.go, secrets.go
//	connections, proxies                   transport.go, proxy.go
//	certificates in files                  tlsfiles.go, tlsreload.go
//	options and environment variables      settings.go, environment.go
//	the endpoint, headers                  endpoint.go, headers.go
//	differences between servers            server.go
//	settings of the spool                  spoolsettings.go
//	encoded names                          namecache.go
//	limits of the size of a batch          sizelimit.go, split.go
//	series whose refusal was reported      reportedrefusals.go
//	when a spooled batch is quarantined    replayfailure.go
//	queries                                read.go
package client
