// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Survey says what was in a folder at some moment.
type Survey struct {
	Batches int
	Points  int64 // that count
	Bytes   int64
	Oldest  time.Time // of the batches; zero without any
	Faulty  int       // files that are no whole batches, or cannot be read
	Aside   int       // files that were set aside
	InUse   bool      // a client has it, or one of its instances
}

// Look looks into a folder and its subfolders of instances, and changes nothing,
// also while they are in use. Only the headers of batches are read. To see whether
// a folder is in use its lock is held for a moment. A folder that is not there is
// fs.ErrNotExist.
func Look(dir string) (Survey, error) {
	var s Survey
	if err := s.look(dir); err != nil {
		return Survey{}, err
	}
	for i := 2; i <= maxInstances; i++ {
		err := s.look(filepath.Join(dir, strconv.Itoa(i)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Survey{}, err
		}
	}
	return s, nil
}

// look adds what is in one folder.
func (s *Survey) look(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), batchSuffix) {
			s.add(inspect(filepath.Join(dir, e.Name())))
		}
	}
	aside, err := os.ReadDir(filepath.Join(dir, asideName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.Aside += len(aside)
	inUse, err := locked(dir)
	s.InUse = s.InUse || inUse
	return err
}

func (s *Survey) add(b *Batch, size int64, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist): // delivered meanwhile
		return
	case err != nil:
		s.Faulty++
		return
	}
	s.Batches++
	s.Points += int64(b.Counted())
	s.Bytes += size
	if s.Oldest.IsZero() || b.Time.Before(s.Oldest) {
		s.Oldest = b.Time
	}
}

// locked reports whether somebody has a folder.
func locked(dir string) (bool, error) {
	file, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // and thereby the lock
	held, err := lock(file)
	return !held && err == nil, err
}
