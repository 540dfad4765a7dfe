// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// resident returns an entry of /proc/self/status, in bytes.
func resident(entry string) (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	return parseStatus(string(status), entry)
}

// parseStatus finds an entry of /proc/PID/status that is in kilobytes.
func parseStatus(status, entry string) (int64, error) {
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		if key != entry {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		return kilobytes << 10, err
	}
	return 0, fmt.Errorf("the status of the process has no %s", entry)
}
