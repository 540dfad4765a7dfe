// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// writeState is the progress of writing one batch. The goroutine that writes and its caller,
// who may stop waiting, use it to agree on whether the batch counts as spooled: the writer
// moves it to committed, or the caller, when its time is over, to abandoned.
type writeState int32

const (
	writing   writeState = iota // the file is not durable yet
	committed                   // the file is durable, and the batch counts as spooled
	abandoned                   // the caller has given the batch up: the file is removed
)

// storedReason returns the text of an error for a file, which InspectSpool shows. Like all errors
// of this package, it contains no secrets.
func storedReason(why error) string {
	if why == nil {
		return ""
	}
	return OneLine(why.Error())
}

// write writes a batch into the folder, with the reason why it was not delivered. It returns an
// error if the file is not durable by the given time: only durable batches count as spooled.
func (s *spooler) write(b *put.Batch, why error, by time.Time) error {
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	slow := fmt.Errorf("%s: the disk is too slow", s.folder.Dir())
	select {
	case s.writeSlot <- struct{}{}:
	case <-timer.C:
		return slow
	}
	record := &spool.Batch{
		Encoding: uint16(b.Encoding()), Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
		Raw: b.RawSize(), Time: time.Now(), Reason: storedReason(why), Body: b.Body(),
	}
	b.Retain()
	var state atomic.Int32
	swap := func(from, to writeState) bool { return state.CompareAndSwap(int32(from), int32(to)) }
	done := make(chan error, 1)
	go func() {
		defer b.Release()
		err := s.folder.Put(record, func() bool { return swap(writing, committed) })
		<-s.writeSlot
		s.replay.wakeUp() // the caller may not have waited for the file, and the replay for this write
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", s.folder.Dir(), err)
		}
	case <-timer.C:
		if swap(writing, abandoned) {
			return slow // or the write has failed, at this moment
		}
	}
	s.mu.Lock()
	s.stats.Spooled += uint64(record.Counted())
	s.mu.Unlock()
	return nil
}
