// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// writeTimedOut is OpenTSDB's reason for a point that a put with sync did not write in time.
const writeTimedOut = "Write timedout"

// openTSDB imitates the put APIs of OpenTSDB and of Apptuit.
type openTSDB struct {
	apptuit bool // tag values may have any characters; of several values at one time, the last is kept
	maxTags int
	maxBody int // bytes before decompression, 0 for no limit
}

func (o openTSDB) refuse(r *http.Request) (answer, bool) {
	if o.maxBody > 0 && (r.ContentLength < 0 || r.ContentLength > int64(o.maxBody)) {
		return answer{
			status: http.StatusBadRequest, contentType: "text/html; charset=UTF-8",
			body: []byte("<html><body><h1>Looks like it's your fault this time</h1>" +
				"<blockquote>Chunked request not supported.</blockquote></body></html>"),
		}, true
	}
	if text := r.URL.Query().Get("sync_timeout"); text != "" {
		if _, err := strconv.Atoi(text); err != nil {
			return errorAnswer(http.StatusBadRequest, "Unable to parse sync_timeout", err.Error()), true
		}
	}
	return answer{}, false
}

func (o openTSDB) judge(w wirePoint) (p Point, reason string, err error) {
	p = w.point()
	switch {
	case p.Metric == "":
		return p, "Metric name was empty", nil
	case !validTimestamp(p.Timestamp.String()):
		return p, "Invalid timestamp", nil
	case p.Value == "":
		return p, "Empty value", nil
	case !validValue(p.Value.String()):
		return p, "Unable to parse value to a number", nil
	case len(p.Tags) == 0:
		return p, "Missing tags", nil
	case len(p.Tags) > o.maxTags:
		return p, fmt.Sprintf("Too many tags: %d maximum allowed: %d, tags: %s", len(p.Tags), o.maxTags, tagText(p.Tags)), nil
	case w.Tags.duplicate:
		return p, "Duplicate tag", nil
	}
	if reason := o.judgeText("metric name", p.Metric, false); reason != "" {
		return p, reason, nil
	}
	for _, key := range slices.Sorted(maps.Keys(p.Tags)) { // sorted, so that equal input gives equal reasons
		value := p.Tags[key]
		if reason := o.judgeText("tag name with value ["+value+"]", key, false); reason != "" {
			return p, reason, nil
		}
		if reason := o.judgeText("tag value with key ["+key+"]", value, o.apptuit); reason != "" {
			return p, reason, nil
		}
	}
	return p, "", nil
}

// judgeText returns the reason for which a text is invalid, or an empty string, like OpenTSDB's Tags.validateString. The
// kind of the text is a part of the reason, for example "metric name".
func (o openTSDB) judgeText(kind, text string, anyCharacter bool) string {
	if text == "" {
		return fmt.Sprintf("Invalid %s: empty string", kind)
	}
	for _, c := range text {
		letter := unicode.IsLetter(c) && (o.apptuit || c <= math.MaxUint16)
		if anyCharacter || letter || c >= '0' && c <= '9' || strings.ContainsRune("-_./", c) {
			continue
		}
		if c > math.MaxUint16 {
			c = unicode.ReplacementChar // OpenTSDB checks each half of the surrogate pair
		}
		return fmt.Sprintf("Invalid %s (\"%s\"): illegal character: %c", kind, text, c)
	}
	return ""
}

func (o openTSDB) unreadable(err error, limit int64) answer {
	if errors.Is(err, errTooLarge) {
		return errorAnswer(http.StatusRequestEntityTooLarge, "Request Entity Too Large",
			fmt.Sprintf("The body is longer than %d bytes", limit))
	}
	return errorAnswer(http.StatusBadRequest, "Unable to parse the given JSON", err.Error())
}

// putAnswer is the body of the answer to a put with summary or details.
type putAnswer struct {
	Success  int         `json:"success"`
	Failed   int         `json:"failed"`
	Timeouts *int        `json:"timeouts,omitempty"`
	Errors   []pointFail `json:"errors,omitzero"`
}

func (o openTSDB) answer(e *exchange, stored int, failures []pointFail) answer {
	if stored+len(failures) == 0 {
		return errorAnswer(http.StatusBadRequest, "No datapoints found in content", "")
	}
	timeouts := 0
	for _, f := range failures {
		if f.Error == writeTimedOut {
			timeouts++
		}
	}
	query := e.r.URL.Query()
	a := putAnswer{Success: stored, Failed: len(failures) - timeouts}
	if syncTimeout, _ := strconv.Atoi(query.Get("sync_timeout")); syncTimeout > 0 || timeouts > 0 {
		a.Timeouts = &timeouts
	}
	if query.Has("details") {
		a.Errors = append([]pointFail{}, failures...)
	}
	status, failed := http.StatusOK, len(failures) > 0
	if failed {
		status = http.StatusBadRequest
	}
	status = e.status(status)
	switch wanted := query.Has("details") || query.Has("summary"); {
	case wanted && !e.h.cfg.withoutDetails:
		return jsonAnswer(status, a)
	case !failed && status == http.StatusOK:
		return answer{status: http.StatusNoContent}
	case !failed || e.h.cfg.withoutDetails:
		return answer{status: status}
	default:
		return errorAnswer(status, "One or more data points had errors",
			`Append "details" to the put request to learn which and why`)
	}
}

func (o openTSDB) keep(received []datapoint) (kept []datapoint, reason string) {
	if !o.apptuit {
		cells := map[qualifier]cell{}
		for _, d := range received {
			cells[d.cell.qualifier] = d.cell
		}
		times := map[int64]cell{}
		for q, c := range cells {
			if other, found := times[q.millis]; found && (other.bytes != c.bytes || other.bits != c.bits) {
				return nil, fmt.Sprintf("Duplicate timestamp for time=%d; set tsd.storage.fix_duplicates=true to fix automatically or run Fsck", q.millis)
			}
			times[q.millis] = c
		}
	}
	return lastOfEachSecond(received), ""
}

// qualifier is the name of a cell in OpenTSDB's storage. A value overwrites the value with the same qualifier. With
// a different qualifier, both values are stored, and a query fails unless they are the same number.
type qualifier struct {
	millis    int64
	inSeconds bool
	bytes     int // length of an integer, 0 for a float
}

// cell is a value in OpenTSDB's storage.
type cell struct {
	qualifier
	bits uint64
}

func newCell(p Point) cell {
	c := cell{qualifier: qualifier{millis: p.Time().UnixMilli(), inSeconds: len(p.Timestamp) <= secondDigits}}
	n, err := strconv.ParseInt(p.Value.String(), 10, 64)
	if err != nil {
		c.bits = math.Float64bits(p.Float())
		return c
	}
	c.bits = uint64(n) //nolint:gosec // only compared
	switch n {
	case int64(int8(n)):
		c.bytes = 1
	case int64(int16(n)):
		c.bytes = 2
	case int64(int32(n)):
		c.bytes = 4
	default:
		c.bytes = 8
	}
	return c
}

// timestampDigits is the number of digits of the longest valid timestamp, in milliseconds.
const timestampDigits = 13

func validTimestamp(text string) bool {
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n > 0 && len(text) <= timestampDigits
}

func validValue(text string) bool {
	if strings.Trim(text, "0123456789+-") == "" {
		return isInteger(text)
	}
	return validFloat(text)
}

func isInteger(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

func validFloat(text string) bool {
	// ParseFloat also accepts NaN, Inf, hexadecimal numbers and underscores, which are not valid here.
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return false
	}
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsInf(f, 0)
}
