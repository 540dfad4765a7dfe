// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import "math"

// field is a number that a collection reads.
type field int

const (
	cpuUser field = iota
	cpuSystem
	residentMemory
	virtualMemory
	minorFaults
	majorFaults
	voluntarySwitches
	involuntarySwitches
	diskRead
	diskWritten
	threads
	fileDescriptors
	handles
	uptime
	peakMemory
	integralSharedText
	integralData
	integralStack
	blocksIn
	blocksOut
	swaps
	messagesSent
	messagesReceived
	signals
	gcCycles
	goCPUUser
	goCPUGC
	goCPUScavenge
	goCPUIdle
	goCPUTotal
	heapLive
	heapObjects
	mutexWait
	gcCPUShare
	fieldCount
)

// snapshot holds the values that one collection has read. A field that could not be
// read is unknown, and its observation is omitted.
type snapshot struct {
	bits  [fieldCount]uint64
	known [fieldCount]bool
}

func (s *snapshot) setInt(f field, v int64) {
	s.bits[f], s.known[f] = uint64(v), true
}

func (s *snapshot) setFloat(f field, v float64) {
	s.bits[f], s.known[f] = math.Float64bits(v), true
}

func (s *snapshot) int(f field) int64     { return int64(s.bits[f]) }
func (s *snapshot) float(f field) float64 { return math.Float64frombits(s.bits[f]) }
