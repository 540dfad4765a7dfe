// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// maxStrikes is the number of strikes after which a batch is moved to the quarantine.
	maxStrikes = 8
	// maxPostponement bounds how long a batch is postponed, if MaxInterval is not longer.
	maxPostponement = 5 * time.Minute
)

// blame is the cause of a failed replay: the server or the batch.
type blame uint8

const (
	blameServer  blame = iota // other batches would fail too
	blameBatch                // the batch makes the server or the connection fail
	blameUnclear              // the server works, but has not processed this batch, for example because of a 429
)

// blameFor attributes a failure. While the circuit is closed, the server works for other
// batches.
func blameFor(cause deliveryFailure, circuitClosed bool) blame {
	switch {
	case mayBeCausedByBatch(cause):
		return blameBatch
	case !circuitClosed:
		return blameServer
	case cause.status == 0 && cause.stop == stopTemporary: // the connection breaks
		return blameBatch
	}
	return blameUnclear
}

// mayBeCausedByBatch reports whether the status of a temporary failure can be due to the
// content of the batch: an internal error, or an answer that names transient points.
func mayBeCausedByBatch(cause deliveryFailure) bool {
	if cause.stop != stopTemporary {
		return false
	}
	switch cause.status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return true
	}
	return cause.status/100 == 2
}

// markFailed marks a file after a failed attempt.
func (r *replayer) markFailed(file *spool.File, cause deliveryFailure, circuitClosed bool) {
	if circuitClosed && cause.cutOff > 0 { // it may be too large
		file.Replay.MaxSize = cause.cutOff / 2
	}
	switch blameFor(cause, circuitClosed) {
	case blameServer:
	case blameUnclear:
		file.Replay.Pass = r.pass
		r.postpone(file)
	case blameBatch:
		file.Replay.Pass = r.pass
		r.postpone(file)
		if file.Replay.Strikes >= maxStrikes {
			reason := fmt.Errorf("it failed %d times while other batches were delivered", maxStrikes)
			r.s.folder.Quarantine(file, errors.Join(reason, cause.err))
		}
	}
}

// postpone adds a strike to a file, and delays its next attempt from the second strike on.
// If the server has processed no batch since the last strike, postpone does nothing, because
// the failure may be an outage.
func (r *replayer) postpone(file *spool.File) {
	state, processed := &file.Replay, r.processed.Load()
	if state.Strikes > 0 && processed <= state.Processed {
		return
	}
	state.Strikes++
	state.Processed = processed
	if state.Strikes > 1 {
		policy := r.s.c.settings.Retry
		policy.MaxInterval = max(policy.MaxInterval, maxPostponement)
		state.NotBefore = time.Now().Add(r.s.c.settings.machine.backoff(policy, state.Strikes))
	}
}
