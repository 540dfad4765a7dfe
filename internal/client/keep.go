// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// writeState is how far the write of a batch is. Its writer and the caller, who may stop
// waiting, agree by it whether the batch counts as spooled.
type writeState int32

const (
	writing   writeState = iota // the caller may still abandon it
	committed                   // the file is durable
	abandoned                   // by the caller, before it was committed: the file is removed
)

// keep puts a batch into the folder, where it has to be durable by a time. A batch for which
// the disk takes longer is not counted as spooled: only what is durable is.
func (s *spooler) keep(b *put.Batch, by time.Time) error {
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	slow := errors.New("the disk is too slow")
	select {
	case s.writing <- struct{}{}:
	case <-timer.C:
		return slow
	}
	record := &spool.Batch{
		Encoding: uint16(b.Encoding()), Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
		Raw: b.RawSize(), Time: time.Now(), Body: b.Body(),
	}
	b.Retain()
	var state atomic.Int32
	swap := func(from, to writeState) bool { return state.CompareAndSwap(int32(from), int32(to)) }
	done := make(chan error, 1)
	go func() {
		defer b.Release()
		err := s.folder.Put(record, func() bool { return swap(writing, committed) })
		<-s.writing
		s.replay.stir() // the caller may not have waited for the file, and the replay for this write
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
