// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

// target appends target_info at the time of the newest data point, at most once
// a timestamp: one collection may come in several Exports. It is counted, and of
// no data point.
func (x *export) target(k *kept) {
	if x.newest == 0 || k.targetAt.Swap(x.newest) == x.newest {
		return
	}
	x.conv.Target(x.newest, 0)
}
