// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// influxDB tells of some of the points that it does not store: those that its storage refuses.
type influxDB struct{}

// unparsed is the reason of a point that InfluxDB drops without saying so.
const unparsed = "unable to parse"

func (influxDB) refuse(r *http.Request) (answer, bool) {
	switch r.Header.Get("Content-Encoding") {
	case "", "identity", "gzip":
		return answer{}, false
	}
	// The body is taken for plain JSON.
	return textAnswer(http.StatusBadRequest, "expected JSON array or hash"), true
}

func (influxDB) judge(w wirePoint) (p Point, reason string, err error) {
	p = w.point()
	if w.Timestamp.quoted || w.Value.quoted || !isInteger(w.Timestamp.text) || !validFloat(w.Value.text) {
		return p, "", errors.New("a number of another type")
	}
	p.Tags = withoutEmpty(p.Tags)
	_, reserved := p.Tags["time"]
	switch {
	case p.Metric == "" || !validTimestamp(p.Timestamp.String()):
		return p, unparsed, nil
	case reserved:
		return p, fmt.Sprintf("invalid tag key: input tag %q on measurement %q is invalid", "time", p.Metric), nil
	}
	p.Tags = swallowed(p.Tags)
	return p, "", nil
}

// swallowed returns tags as InfluxDB stores them: a value's backslash at its end escapes the comma after it, so that the
// next tag becomes a part of the value.
func swallowed(tags map[string]string) map[string]string {
	stored := make(map[string]string, len(tags))
	last := "" // key of the tag that swallows the next one
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		if before, swallows := strings.CutSuffix(stored[last], `\`); last != "" && swallows {
			stored[last] = before + "," + key + "=" + value
			continue
		}
		last, stored[key] = key, value
	}
	return stored
}

func (influxDB) unreadable(err error, limit int64) answer {
	if errors.Is(err, errTooLarge) {
		return textAnswer(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", limit))
	}
	return textAnswer(http.StatusBadRequest, "json array decode error")
}

func (influxDB) answer(e *exchange, _ int, failures []pointFail) answer {
	refused := slices.DeleteFunc(slices.Clone(failures), func(f pointFail) bool { return f.Error == unparsed })
	if len(refused) == 0 {
		return answer{status: e.status(http.StatusNoContent)}
	}
	return textAnswer(e.status(http.StatusInternalServerError),
		fmt.Sprintf("write series error: partial write: %s dropped=%d", refused[0].Error, len(refused)))
}

func (influxDB) keep(received []datapoint) (kept []datapoint, reason string) {
	return lastOfEachSecond(received), ""
}
