// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "time"

// DataPoint is one value of one series at one time.
type DataPoint struct {
	// Metric is the name of the metric. It must not be empty. Invalid characters are
	// replaced ([WithSanitizeMode]). With [WithEncodedNames] it may be an encoded name.
	Metric string
	// Tags are the tags of the point. They override the global tags of the client. Invalid
	// characters in keys are replaced ([WithSanitizeMode]). Values may contain any
	// characters; those that the server does not store are replaced ([WithTagValueRule]). A
	// tag with an empty value is not sent, and suppresses the global tag with the same key.
	// Together with the global tags, there must be at least one tag, and at most as many as
	// [WithMaxTags] allows.
	Tags map[string]string
	// Timestamp is truncated to whole seconds, or to milliseconds
	// ([WithTimestampResolution]). It must be after the Unix epoch and before 2286-11-20
	// 17:46:40 UTC, from when on a timestamp in seconds has eleven digits.
	Timestamp time.Time
	// Value must be finite, because JSON cannot represent NaN and infinities.
	Value float64
}

// Sample is one value of a [TimeSeries]. Its fields are described at [DataPoint].
type Sample struct {
	Timestamp time.Time
	Value     float64
}

// TimeSeries is a series with any number of values. Metric and Tags are described at
// [DataPoint].
type TimeSeries struct {
	Metric  string
	Tags    map[string]string
	Samples []Sample
}

// AddPoint appends a sample to s.Samples.
func (s *TimeSeries) AddPoint(t time.Time, v float64) {
	s.Samples = append(s.Samples, Sample{Timestamp: t, Value: v})
}
