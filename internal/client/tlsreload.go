// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// reloadingTransport is an http.RoundTripper with the certificates of TLS files. It checks the
// files before each request. When they have changed, further requests use a new transport with
// its own connections, and the connections of the previous transport are closed as soon as
// they are idle. It is safe for concurrent use.
type reloadingTransport struct {
	files    TLSFiles
	template *http.Transport // requests use clones of it
	warn     func(error)
	life     context.Context // of the client
	checking chan struct{}   // capacity 1: one goroutine checks the files at a time

	// Guarded by checking:
	read  tlsFileStates     // states of the files when they were last read
	fault string            // why they could not be used then; "" if they could
	sum   [sha256.Size]byte // of the content in use

	mu      sync.Mutex
	current *transportInUse // guarded by mu
}

// transportInUse is a transport and the number of its requests.
type transportInUse struct {
	*http.Transport
	requests int  // in progress: a request ends when the body of its answer is closed
	retired  bool // another transport has replaced it
}

// setTLSFiles reads the TLS files and makes the client use them. template has the other
// settings of connections.
func (s *Settings) setTLSFiles(template *http.Transport) {
	t := &reloadingTransport{files: s.Connection.files, template: template, checking: make(chan struct{}, 1)}
	faults := t.files.check(template.TLSClientConfig)
	if len(faults) == 0 {
		faults = t.loadFirst()
	}
	s.faults = append(s.faults, faults...)
	s.Connection.reloads = t
	s.Connection.http.Transport = t
}

// loadFirst reads the files for the first time. If the disk does not answer, it returns after
// fileTimeout.
func (t *reloadingTransport) loadFirst() []error {
	ctx, cancel := context.WithTimeout(context.Background(), fileTimeout)
	defer cancel()
	done := make(chan []error, 1)
	t.checking <- struct{}{}
	go func() {
		defer func() { <-t.checking }()
		t.read = t.files.states() // before the files are read, so that a change while they are read is noticed next time
		content, faults := t.files.load(ctx)
		if len(faults) == 0 {
			t.use(content)
		}
		done <- faults
	}()
	select {
	case faults := <-done:
		return faults
	case <-ctx.Done():
		return []error{fmt.Errorf("the TLS files could not be read within %v", fileTimeout)}
	}
}

// use replaces the current transport by one with the given content.
func (t *reloadingTransport) use(content *tlsContent) {
	next := &transportInUse{Transport: t.template.Clone()}
	content.apply(next.TLSClientConfig)
	t.sum = content.sum
	t.mu.Lock()
	last := t.current
	t.current = next
	if last != nil {
		last.retired = true
	}
	t.mu.Unlock()
	if last != nil {
		closeIdle(last)
	}
}

// RoundTrip implements http.RoundTripper.
func (t *reloadingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.refresh(r.Context())
	t.mu.Lock()
	current := t.current
	current.requests++
	t.mu.Unlock()
	response, err := current.RoundTrip(r)
	if err != nil {
		t.release(current)
		return nil, err
	}
	response.Body = &releasingBody{response.Body, sync.OnceFunc(func() { t.release(current) })}
	return response, nil
}

// releasingBody calls release when it is closed.
type releasingBody struct {
	io.ReadCloser
	release func()
}

func (b *releasingBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// release ends a request. When a transport is replaced, closeIdle does not close connections
// with requests in progress. So the last of these requests closes them.
func (t *reloadingTransport) release(used *transportInUse) {
	t.mu.Lock()
	used.requests--
	done := used.retired && used.requests == 0
	t.mu.Unlock()
	if done {
		closeIdle(used)
	}
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t *reloadingTransport) CloseIdleConnections() {
	t.mu.Lock()
	current := t.current
	t.mu.Unlock()
	if current != nil { // nil after a fault of the first files
		current.CloseIdleConnections()
	}
}

// refresh reads the files again if they have changed. It does not wait if another request is
// reading them, and stops waiting if the disk is slow. The request then uses the previous content.
func (t *reloadingTransport) refresh(ctx context.Context) {
	select {
	case t.checking <- struct{}{}:
	default:
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { <-t.checking }()
		t.refreshNow()
	}()
	timer := time.NewTimer(waitForFile(ctx))
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// refreshNow is refresh without a limit of time. If a file cannot be used, the previous content
// remains in use, and the next request reads the files again: when a missing permission is
// granted, or a file descriptor becomes free, the states of the files do not change.
func (t *reloadingTransport) refreshNow() {
	states := t.files.states()
	changed := !states.equal(t.read)
	if !changed && t.fault == "" {
		return
	}
	t.read = states
	ctx, cancel := context.WithTimeout(t.life, fileTimeout)
	defer cancel()
	content, faults := t.files.load(ctx)
	switch {
	case t.life.Err() != nil: // an interrupted read is no fault of the files
	case len(faults) > 0:
		texts := make([]string, len(faults))
		for i, fault := range faults {
			texts[i] = fault.Error()
		}
		fault := strings.Join(texts, "; ")
		if changed || fault != t.fault {
			t.warn(fmt.Errorf("apptuit: the TLS files have changed but cannot be used; the previous files remain in use: %s", fault))
		}
		t.fault = fault
	default:
		if t.fault = ""; content.sum != t.sum {
			t.use(content)
		}
	}
}
