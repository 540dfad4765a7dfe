// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package measure

import "time"

// CPU returns 0: the CPU time of a process is measured on Unix only.
func CPU() time.Duration { return 0 }
