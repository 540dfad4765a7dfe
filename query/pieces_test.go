// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// unusual is an answer with all kinds of tokens that can be split between two reads.
const unusual = `{ "outputs" : [ {"id":"caf\u00e9 \ud83d\ude00 é😀 \ud83d \n","result":[` +
	`{"metric":"m","tags":{"k":"v"},"dps":[[1767225600,1.5],[ 1767225601 , -0.30000000000000004 ],[1767225602000,"12.5"],` +
	`[1767225603.25,null], [1767225604, "NaN"],[17672256e2,"-1e-5"],[1,12345678901234567890]]},` +
	`{"dps":null,"other":[true,false,null,{"a":[[1e5]]},"\\"]}]}]}` + "\n"

func TestScanner_AnswerInPieces(t *testing.T) {
	whole, err := readNative(strings.NewReader(unusual), math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	want := &Result{Outputs: []Output{{ID: "café 😀 é😀 \ufffd \n", Series: []Series{
		{
			Metric: "m", Tags: map[string]string{"k": "v"},
			Timestamps: []int64{1767225600000, 1767225601000, 1767225602000, 1767225603250, 1767225604000, 1767225600000, 1000},
			Values:     []float64{1.5, -0.30000000000000004, 12.5, math.NaN(), math.NaN(), -1e-5, 12345678901234567890},
		},
		{},
	}}}}
	if diff := cmp.Diff(want, whole, cmpopts.EquateNaNs()); diff != "" {
		t.Fatalf("whole (-want +got):\n%s", diff)
	}
	for name, r := range map[string]io.Reader{
		"bytes":         iotest.OneByteReader(strings.NewReader(unusual)),
		"halves":        iotest.HalfReader(strings.NewReader(unusual)),
		"end with data": iotest.DataErrReader(strings.NewReader(unusual)),
	} {
		got, err := readNative(r, math.MinInt64, math.MaxInt64)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// An answer that ends before its last brace was truncated.
func TestScanner_TruncatedAnswers(t *testing.T) {
	for n := range strings.LastIndexByte(unusual, '}') {
		_, err := readNative(iotest.OneByteReader(strings.NewReader(unusual[:n])), math.MinInt64, math.MaxInt64)
		var failure *DecodeError
		if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &failure) || failure.Offset != int64(n) {
			t.Errorf("after %q: %v", unusual[max(0, n-20):n], err)
		}
	}
}

// The answer contains series that are longer than a block, shorter ones between them, and points
// outside the range.
func TestScanner_ReadsSeriesLongerThanABlock(t *testing.T) {
	lengths := []int{3, blockPoints, 0, 3*blockPoints + 1, 1, blockPoints + 1}
	var text bytes.Buffer
	text.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for i, length := range lengths {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(`{"metric":{},"values":[`)
		for p := range length {
			if p > 0 {
				text.WriteByte(',')
			}
			text.WriteString(`[1767225600,"1"]`)
		}
		text.WriteString(`]}`)
	}
	text.WriteString(`]}}`)
	m, err := readPrometheus(&text)
	if err != nil {
		t.Fatal(err)
	}
	for i, length := range lengths {
		s := m.series[i]
		if len(s.Timestamps) != length || len(s.Values) != length {
			t.Errorf("series %d: %d times and %d values, want %d", i, len(s.Timestamps), len(s.Values), length)
		}
		if cap(s.Timestamps) != length || cap(s.Values) != length {
			t.Errorf("series %d: room for %d times and %d values, where %d are", i, cap(s.Timestamps), cap(s.Values), length)
		}
	}
}

// The decoder must not wait for the end of an endless number.
func TestScanner_RejectsAnEndlessNumber(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"outputs":[{"result":[{"dps":[[1,0.`), iotest.OneByteReader(zeros{}))
	_, err := readNative(endless, 0, 1)
	var failure *DecodeError
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "more than 4096 bytes") {
		t.Errorf("%v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}
