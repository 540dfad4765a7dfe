// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

// taskSources returns none: proc_pidinfo is not in the SDK of iOS.
func taskSources() []source { return nil }
