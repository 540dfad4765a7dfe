// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// The largest numbers of digits of seconds and milliseconds, which OpenTSDB tells apart by the digits.
const (
	secondDigits      = 10
	millisecondDigits = 13
)

// ParseTime parses a time: seconds since 1970 with up to 10 digits, which may have a fraction,
// milliseconds with 11 to 13 digits, or RFC 3339.
func ParseTime(text string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s is not a time: must be seconds or milliseconds since 1970, or RFC 3339, such as 2026-03-05T14:00:00Z", quote(text))
		}
		return t, nil
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil || len(whole) > millisecondDigits:
		return time.Time{}, fmt.Errorf("the time %s has %d digits: seconds have up to %d, milliseconds up to %d", quote(text), len(whole), secondDigits, millisecondDigits)
	case whole == text && len(whole) > secondDigits:
		return time.UnixMilli(n), nil
	case whole == text:
		return time.Unix(n, 0), nil
	}
	const nanosecondDigits = 9
	nanoseconds, err := strconv.ParseUint((fraction + "000000000")[:max(nanosecondDigits, len(fraction))], 10, 64)
	if err != nil || len(whole) > secondDigits || len(fraction) > nanosecondDigits {
		return time.Time{}, fmt.Errorf("the time %s is not a number of seconds with up to %d digits before and %d after the point", quote(text), secondDigits, nanosecondDigits)
	}
	return time.Unix(n, int64(nanoseconds)), nil
}

// setTime parses the time of a point, which may be missing.
func (p *Point) setTime(text string) (err error) {
	if text != "" {
		p.Time, err = ParseTime(text)
	}
	return err
}

// ParseValue parses a number.
func ParseValue(text string) (model.Value, error) {
	v, err := model.ParseValue(text)
	if err != nil {
		return model.Value{}, fmt.Errorf("the value %s is not a number", quote(text))
	}
	return v, nil
}

// setValue parses the value of a point, which may be missing.
func (p *Point) setValue(text string) (err error) {
	if text == "" {
		p.Missing = true
		return nil
	}
	p.Value, err = ParseValue(text)
	p.Missing = p.Value.NaN()
	return err
}

// quote quotes text of the input for an error, and shortens it to 60 bytes.
func quote(text string) string {
	const most = 60
	if len(text) > most {
		return strconv.Quote(strings.ToValidUTF8(text[:most], "")) + "…"
	}
	return strconv.Quote(text)
}
