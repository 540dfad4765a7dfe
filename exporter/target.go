// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

// target adds target_info with the timestamp of the newest data point. It adds at most one point
// for each timestamp, because a reader may split a collection into several Exports. The point is
// counted, but belongs to no data point.
func (x *export) target(k *kept) {
	ts := x.resolution.Timestamp(x.newest)
	if ts == 0 || k.targetAt.Swap(ts) == ts {
		return
	}
	x.conv.Target(x.newest, 0)
}
