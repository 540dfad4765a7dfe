// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || windows

package runtimemetrics

import "time"

// uptimeSource reports how long the process has been running. age is its age now.
func uptimeSource(age time.Duration, err error) source {
	start := time.Now().Add(-age) // Its monotonic reading is independent of steps of the clock.
	read := func(s *snapshot) error {
		if err != nil {
			return err
		}
		s.setFloat(uptime, time.Since(start).Seconds())
		return nil
	}
	return source{name: "the start time of the process", read: read}
}
