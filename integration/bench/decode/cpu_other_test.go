// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package decode

import "time"

func cpu() (time.Duration, bool) { return 0, false }
