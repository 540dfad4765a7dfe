// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "time"

// DataPoint is one value of one series at one time.
type DataPoint struct {
	// Metric is the name. It is sanitized when sent; it must not be empty. With
	// WithEncodedNames it may be an encoded name.
	Metric string
	// Tags are the point's own tags. They beat the client's global tags. Keys
	// are sanitized, values may hold anything; a tag without a value is not
	// sent, and hides a global tag of its key. After merging there must be at
	// least one and at most encoding.MaxTags.
	Tags map[string]string
	// Timestamp goes out in whole seconds (see WithMillisecondTimestamps),
	// truncated. It must be after 1970 and before 2286.
	Timestamp time.Time
	// Value must be finite: NaN and infinities are not JSON.
	Value float64
}

// Sample is a value at a time.
type Sample struct {
	Timestamp time.Time
	Value     float64
}

// TimeSeries is many values of one series. Its fields are as in [DataPoint].
type TimeSeries struct {
	Metric  string
	Tags    map[string]string
	Samples []Sample
}

// AddPoint appends a value.
func (s *TimeSeries) AddPoint(t time.Time, v float64) {
	s.Samples = append(s.Samples, Sample{Timestamp: t, Value: v})
}
