// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "time"

// DataPoint is one value of one series at one time.
type DataPoint struct {
	// Metric is the name of the metric. It is sanitized, and must not be empty. With
	// [WithEncodedNames] it may be an encoded name.
	Metric string
	// Tags are the tags of the point. They override the global tags of the client. Keys are
	// sanitized; values may contain any characters, which [WithTagValueRule] may replace. A
	// tag with an empty value is not sent, and suppresses the global tag with the same key.
	// With the global tags, there must be at least one tag, and at most as many as
	// [WithMaxTags] allows.
	Tags map[string]string
	// Timestamp is truncated to whole seconds, or to milliseconds
	// ([WithTimestampResolution]). It must be after 1970-01-01 and before 2286-11-20, when
	// a timestamp in seconds gets an eleventh digit.
	Timestamp time.Time
	// Value must be finite, because JSON has no NaN and no infinities.
	Value float64
}

// Sample is a value at a time. Its fields are as in [DataPoint].
type Sample struct {
	Timestamp time.Time
	Value     float64
}

// TimeSeries is a series with several values. Its fields are as in [DataPoint].
type TimeSeries struct {
	Metric  string
	Tags    map[string]string
	Samples []Sample
}

// AddPoint appends a sample.
func (s *TimeSeries) AddPoint(t time.Time, v float64) {
	s.Samples = append(s.Samples, Sample{Timestamp: t, Value: v})
}
