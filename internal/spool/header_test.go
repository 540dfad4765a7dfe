// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"strings"
	"testing"
)

// Headers whose counts contradict each other, or exceed the batches that a client writes, are
// refused.
func TestLimits_Check_RefusesImplausibleHeaders(t *testing.T) {
	limits := Limits{Bytes: 1 << 30}
	for name, tt := range map[string]struct {
		b     Batch
		body  int64
		limit Limits
		ok    bool
	}{
		"gzip":                             {Batch{Encoding: 0, Points: 10, Raw: 1000}, 100, limits, true},
		"zlib":                             {Batch{Encoding: 1, Points: 10, Raw: 1000}, 100, limits, true},
		"none":                             {Batch{Encoding: 2, Points: 10, Raw: 1000}, 1000, limits, true},
		"none, text larger than body":      {Batch{Encoding: 2, Points: 10, Raw: 1000}, 999, limits, false},
		"none, text smaller than body":     {Batch{Encoding: 2, Points: 10, Raw: 999}, 1000, limits, false},
		"unknown encoding":                 {Batch{Encoding: 3, Points: 10, Raw: 1000}, 1000, limits, false},
		"the largest expansion of deflate": {Batch{Points: 1, Raw: 103200}, 100, limits, true},
		"a larger expansion":               {Batch{Points: 1, Raw: 103200 + 1032}, 100, limits, false},
		"the most points":                  {Batch{Points: 20, Raw: 1000}, 100, limits, true},
		"more points":                      {Batch{Points: 21, Raw: 1000}, 100, limits, false},
		"the longest text":                 {Batch{Points: 1, Raw: 64 << 20}, 1 << 20, limits, true},
		"a longer text":                    {Batch{Points: 1, Raw: 64<<20 + 1}, 1 << 20, limits, false},
		"a longer text is configured":      {Batch{Points: 1, Raw: 64<<20 + 1}, 1 << 20, Limits{Bytes: 1 << 30, Text: 1 << 30}, true},
		"a shorter text is configured":     {Batch{Points: 1, Raw: 64 << 20}, 1 << 20, Limits{Bytes: 1 << 30, Text: 1}, true},
		"a reason":                         {Batch{Points: 1, Raw: 1000, Reason: "no route to host: äöü"}, 100, limits, true},
		"a reason with an escape sequence": {Batch{Points: 1, Raw: 1000, Reason: "\x1b[31mred"}, 100, limits, false},
		"a reason of several lines":        {Batch{Points: 1, Raw: 1000, Reason: "a\nb"}, 100, limits, false},
		"a reason that is not valid UTF-8": {Batch{Points: 1, Raw: 1000, Reason: "a\xff"}, 100, limits, false},
		"a long reason":                    {Batch{Points: 1, Raw: 1000, Reason: strings.Repeat("x", maxReason+1)}, 100, limits, false},
		"a body over the limit":            {Batch{Points: 1, Raw: 1000}, 2000, Limits{Bytes: 1999}, false},
	} {
		if err := tt.limit.check(&tt.b, tt.body); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
