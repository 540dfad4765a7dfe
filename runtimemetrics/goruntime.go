// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"math"
	"runtime/metrics"
)

// goSource reads the metrics of runtime/metrics that rows need. The fields of
// metrics that this release of Go does not provide stay unknown.
func goSource(rows []instrument) source {
	var (
		fields  []field
		samples []metrics.Sample
	)
	add := func(f field, name string) {
		fields = append(fields, f)
		samples = append(samples, metrics.Sample{Name: name})
	}
	for _, row := range rows {
		if row.group != goRuntime {
			continue
		}
		for _, p := range row.points {
			if p.field != gcCPUShare {
				add(p.field, p.source)
			}
		}
	}
	add(goCPUTotal, "/cpu/classes/total:cpu-seconds")

	read := func(s *snapshot) error {
		metrics.Read(samples)
		for i, sample := range samples {
			switch sample.Value.Kind() {
			case metrics.KindUint64:
				s.setInt(fields[i], clamp(sample.Value.Uint64()))
			case metrics.KindFloat64:
				s.setFloat(fields[i], sample.Value.Float64())
			}
		}
		// The runtime estimates CPU times at the end of a GC. Before the first GC they are zero.
		if total := s.float(goCPUTotal); s.known[goCPUGC] && total > 0 {
			s.setFloat(gcCPUShare, s.float(goCPUGC)/total)
		}
		return nil
	}
	return source{name: "the metrics of the Go runtime", read: read}
}

// clamp converts n, limited to the largest int64.
func clamp(n uint64) int64 {
	return int64(min(n, math.MaxInt64))
}
