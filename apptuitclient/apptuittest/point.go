// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// secondDigits is the number of digits of the longest timestamp in seconds. A longer timestamp is in milliseconds.
// The client's copy of this rule is internal/model.Milliseconds. This package has its own, because it judges the client.
const secondDigits = 10

// Point is a point that the server has received. Timestamp and Value contain the text of the number without quotes, so
// that a test can distinguish 1 from 1.0.
type Point struct {
	Metric    string
	Tags      map[string]string
	Timestamp json.Number
	Value     json.Number
}

// Time returns the timestamp in UTC. A timestamp of up to 10 digits is in seconds since 1970, a longer one in milliseconds.
// Time returns the zero time if Timestamp is not an integer, which does not occur in accepted points.
func (p Point) Time() time.Time {
	n, err := p.Timestamp.Int64()
	if err != nil {
		return time.Time{}
	}
	if len(strings.TrimPrefix(p.Timestamp.String(), "-")) > secondDigits {
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// Float returns the value, rounded to the nearest float64. Integers above 2^53 can lose digits: use Value.Int64 for them.
// Float returns 0 if Value is not a number, which does not occur in accepted points.
func (p Point) Float() float64 {
	f, err := strconv.ParseFloat(p.Value.String(), 64)
	if err != nil {
		return 0
	}
	return f
}

// String returns the point as "metric{key=value, key2=value2} timestamp value", with its tags sorted by key.
func (p Point) String() string {
	return p.Metric + tagText(p.Tags) + " " + p.Timestamp.String() + " " + p.Value.String()
}

// tagText returns tags as "{key=value, key2=value2}", sorted by key, as Java's Map.toString does.
func tagText(tags map[string]string) string {
	texts := make([]string, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		texts = append(texts, key+"="+tags[key])
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

// clone returns a copy of the point that shares no tags with it.
func (p Point) clone() Point {
	p.Tags = maps.Clone(p.Tags)
	return p
}
