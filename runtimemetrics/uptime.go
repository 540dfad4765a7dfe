// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || windows

package runtimemetrics

import "time"

// uptimeSource tells how long the process has been running, from its age now.
func uptimeSource(age time.Duration, err error) source {
	start := time.Now().Add(-age) // With a monotonic reading, so that steps of the clock do not matter.
	read := func(s *snapshot) error {
		if err != nil {
			return err
		}
		s.setFloat(uptime, time.Since(start).Seconds())
		return nil
	}
	return source{name: "the uptime is", read: read}
}
