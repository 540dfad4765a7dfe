// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// maintenanceInterval is the mean time between two attempts to open a folder that another
	// client has locked, and between two calls of spooler.maintain. Each time is random, from
	// 0.5 to 1.5 times the mean.
	maintenanceInterval = 10 * time.Second
	// closeTimeout bounds how long Close waits for the disk.
	closeTimeout = time.Second
)

// spoolOpener opens the spool of a client and maintains it until the client is closed. If
// another client has locked the folder, as during a rolling update, the spoolOpener tries
// again until that client has ended. Until then this client has no spool.
type spoolOpener struct {
	c        *Client
	once     sync.Once     // guards the start of the goroutine
	opened   chan struct{} // closed when the first attempt has ended, and err is set
	ended    chan struct{} // closed when the goroutine has ended
	current  atomic.Pointer[spooler]
	waiting  atomic.Bool // another client has the folder
	err      error       // why the spool could not be opened
	warnOnce sync.Once   // guards the warning about err
}

func newSpoolOpener(c *Client) *spoolOpener {
	return &spoolOpener{c: c, opened: make(chan struct{}), ended: make(chan struct{})}
}

// start starts opening the spool, once. It does not wait: a slow disk or a folder with many
// files must not delay a Send beyond its deadline.
func (o *spoolOpener) start() {
	o.once.Do(func() {
		if o.c.settings.Spool == nil || o.c.life.Err() != nil {
			close(o.opened)
			close(o.ended)
			return
		}
		go o.run()
	})
}

// run opens the spool and maintains it.
func (o *spoolOpener) run() {
	defer close(o.ended)
	s, err := openSpool(o.c)
	switch {
	case errors.Is(err, spool.ErrInUse):
		o.waiting.Store(true)
		o.c.warnings.Add(fmt.Errorf("apptuit: %w; until it ends, points that cannot be delivered are not kept", err))
	case err != nil:
		o.err = fmt.Errorf("apptuit: %w", err)
		close(o.opened)
		return
	default:
		o.use(s)
	}
	close(o.opened)
	last := err
	for o.wait() {
		if s != nil {
			s.maintain()
			continue
		}
		if s, err = openSpool(o.c); err == nil {
			o.use(s)
			o.c.warnings.Add(fmt.Errorf("apptuit: the spool %s is open: the other client has released it", s.folder.Dir()))
			continue
		}
		if err.Error() != last.Error() { // for example, the owner of the folder has changed
			o.c.warnings.Add(fmt.Errorf("apptuit: %w", err))
		}
		last = err
	}
}

// use sets the spooler of the client.
func (o *spoolOpener) use(s *spooler) {
	o.waiting.Store(false)
	o.current.Store(s)
	if o.c.life.Err() != nil { // Close was called meanwhile, and found no spool to close
		s.close(time.Now().Add(closeTimeout))
	}
}

// wait waits for the next maintenance, and returns false if the client is closed.
func (o *spoolOpener) wait() bool {
	timer := time.NewTimer(maintenanceInterval/2 + o.c.settings.machine.random(maintenanceInterval))
	defer timer.Stop()
	select {
	case <-timer.C:
		return o.c.life.Err() == nil
	case <-o.c.life.Done():
		return false
	}
}

// openOnce waits until the spool is open or ctx ends, and warns once if the spool cannot be
// opened.
func (o *spoolOpener) openOnce(ctx context.Context) {
	o.start()
	select {
	case <-o.opened:
	case <-ctx.Done():
		return
	case <-o.c.life.Done():
		return
	}
	if o.err != nil {
		o.warnOnce.Do(func() { o.c.warnings.Add(o.err) })
	}
}

// close closes the spool. The client's context must have been canceled.
func (o *spoolOpener) close() {
	by := time.Now().Add(closeTimeout)
	o.start() // a Send after Close must not open the spool
	if s := o.current.Load(); s != nil {
		s.close(by)
	}
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	select {
	case <-o.ended:
	case <-timer.C:
	}
}

// OpenSpool opens the spool of APPTUIT_SPOOL_DIR, if it is not open. Exporters call it when
// they are created, to return its error. Without a call, the first Send opens the spool, so
// that a client that is only used for queries does not lock the folder. If that fails, Send
// warns once and continues without a spool. Further calls return the result of the first
// call.
//
// It is not an error if another client has locked the folder: the client warns, continues
// without a spool, and opens the spool when the other client has ended.
func (c *Client) OpenSpool() error {
	c.spool.start()
	<-c.spool.opened
	return c.spool.err
}

// spooler returns the spool, nil if there is none, it is not open, or another client has the
// folder.
func (c *Client) spooler() *spooler {
	if s := c.spool.current.Load(); s != nil && s.folder.Held() {
		return s
	}
	return nil
}

// SpoolStats returns the statistics of the spool. It returns false if there is no spool at
// this moment: none is configured, it is not open yet (see OpenSpool), or another client has
// the folder.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s := c.spool.current.Load()
	if s == nil {
		return SpoolStats{Waiting: c.spool.waiting.Load()}, false
	}
	stats := s.statistics()
	return stats, !stats.Waiting
}
