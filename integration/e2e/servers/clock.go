// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import "time"

// NextSecond waits until just after the start of the next second, so that points of the following work, if
// it takes less than a second, have one timestamp in seconds.
func NextSecond() {
	now := time.Now()
	time.Sleep(now.Truncate(time.Second).Add(time.Second + 10*time.Millisecond).Sub(now))
}
