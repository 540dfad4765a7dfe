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

// influxDB imitates InfluxDB 1.6. It reports points that its storage rejects, and drops points that it cannot parse
// silently.
type influxDB struct{}

// notParsed is the reason for which a point is dropped silently.
const notParsed = "unable to parse"

func (influxDB) refuse(r *http.Request) (answer, bool) {
	switch r.Header.Get("Content-Encoding") {
	case "", "identity", "gzip":
		return answer{}, false
	}
	// InfluxDB ignores other encodings, and reads the body as plain JSON.
	return textAnswer(http.StatusBadRequest, "expected JSON array or hash"), true
}

func (influxDB) judge(w wirePoint) (p Point, reason string, err error) {
	p = w.point()
	if w.Timestamp.quoted || w.Value.quoted || !isInteger(w.Timestamp.text) || !validFloat(w.Value.text) {
		return p, "", errors.New("a timestamp or value has the wrong JSON type")
	}
	p.Tags = withoutEmpty(p.Tags)
	_, reserved := p.Tags["time"]
	switch {
	case p.Metric == "" || !validTimestamp(p.Timestamp.String()):
		return p, notParsed, nil
	case reserved:
		return p, fmt.Sprintf("invalid tag key: input tag %q on measurement %q is invalid", "time", p.Metric), nil
	}
	p.Tags = joinEscaped(p.Tags)
	return p, "", nil
}

// joinEscaped returns tags as InfluxDB stores them. A backslash at the end of a value escapes the comma after the tag, so
// that the next tag becomes a part of the value: a=1\ and b=2 become a="1,b=2".
func joinEscaped(tags map[string]string) map[string]string {
	stored := make(map[string]string, len(tags))
	last := "" // key of the last stored tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		if before, escapes := strings.CutSuffix(stored[last], `\`); last != "" && escapes {
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
	refused := slices.DeleteFunc(slices.Clone(failures), func(f pointFail) bool { return f.Error == notParsed })
	if len(refused) == 0 {
		return answer{status: e.status(http.StatusNoContent)}
	}
	return textAnswer(e.status(http.StatusInternalServerError),
		fmt.Sprintf("write series error: partial write: %s dropped=%d", refused[0].Error, len(refused)))
}

func (influxDB) keep(received []datapoint) (kept []datapoint, reason string) {
	return lastOfEachSecond(received), ""
}
