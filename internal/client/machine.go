// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"math/rand/v2"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
)

// Machine provides a client with disks and random numbers. A simulation replaces it. The zero
// value is the real machine.
type Machine struct {
	// Disk opens the folder of a spool.
	Disk func(dir string) (spool.Disk, error)
	// Random returns a random number from 0 to n-1. It must be safe for concurrent use.
	Random func(n int64) int64
}

// Simulate makes a client run on another machine, with a spool unless spool is nil.
// [Client.OpenSpool] or the first Send opens the spool. Simulate must be called before the
// client is used.
func (c *Client) Simulate(m Machine, spool *SpoolSettings) {
	c.settings.machine = m
	c.settings.Spool = spool
}

// random returns a random time below n, which is positive.
func (m *Machine) random(n time.Duration) time.Duration {
	if m.Random == nil {
		return rand.N(n)
	}
	return time.Duration(m.Random(int64(n)))
}

// index returns a random index below n, which is positive.
func (m *Machine) index(n int) int { return int(m.random(time.Duration(n))) }

// openFolder opens the folder of the spool.
func (s *Settings) openFolder(dropped func(spool.Drop)) (*spool.Folder, error) {
	config := s.Spool
	limits := spool.Limits{Bytes: config.Bytes.Value, Age: config.Age.Value, Text: s.Points.MaxBytes.Value}
	options := spool.Options{Instances: config.Instances, Insecure: config.Insecure, Dropped: dropped}
	if s.machine.Disk == nil {
		return spool.Open(config.Dir, limits, options)
	}
	disk, err := s.machine.Disk(config.Dir)
	if err != nil {
		return nil, err
	}
	return spool.OpenOn(disk, config.Dir, limits, options)
}
