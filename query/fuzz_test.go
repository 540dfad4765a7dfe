// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// checkAgainst compares the result of a decoder with that of the oracle. It fails the test if the offset of an error is not
// within the answer, unless the error is about the answer as a whole.
func checkAgainst(t *testing.T, data []byte, o *oracle, want, got any, err error) {
	t.Helper()
	if o.undefined {
		return
	}
	var decode *DecodeError
	if errors.As(err, &decode) && (decode.Offset < 0 || decode.Offset > int64(len(data))) {
		t.Errorf("%q: an answer of %d bytes: %v", data, len(data), err)
	}
	if o.refused {
		if err == nil {
			t.Errorf("%q: accepted, want an error", data)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmp.AllowUnexported(matrix{})); diff != "" {
		t.Errorf("%q (-want +got):\n%s", data, diff)
	}
}

func readNative(r io.Reader, first, last int64) (*Result, error) {
	return (&decoder{scanner: newScanner(r), first: first, last: last}).native()
}

func readPrometheus(r io.Reader) (*matrix, error) {
	return (&decoder{scanner: newScanner(r), first: math.MinInt64, last: math.MaxInt64}).prometheus()
}

// piecemeal fails the test if the result or the error, including its offset, differs when the answer is read byte by byte.
func piecemeal(t *testing.T, data []byte, whole, pieces any, wholeErr, piecesErr error) {
	t.Helper()
	if fmt.Sprint(wholeErr) != fmt.Sprint(piecesErr) {
		t.Fatalf("%q: %v, but byte by byte %v", data, wholeErr, piecesErr)
	}
	if wholeErr != nil {
		return
	}
	if diff := cmp.Diff(whole, pieces, cmpopts.EquateNaNs(), cmp.AllowUnexported(matrix{})); diff != "" {
		t.Errorf("%q (-whole +byte by byte):\n%s", data, diff)
	}
}

// alike fails the test if a stream returns other series than a query that reads the whole answer, or another error.
func alike(t *testing.T, data []byte, d *decoder, want []Series, wantErr error, read func() error) {
	t.Helper()
	var got []Series
	d.each = func(_ string, s Series) error {
		got = append(got, s)
		return nil
	}
	if err := read(); fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%q: a stream ends with %v, want %v", data, err, wantErr)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); wantErr == nil && diff != "" {
		t.Errorf("%q (-whole +stream):\n%s", data, diff)
	}
}

func FuzzDecodeList(f *testing.F) {
	for _, text := range []string{
		`{"status":"success","data":["a","b\u00e4"],"warnings":["w"],"infos":["i"],"isPartial":true}`, `{"status":"success","data":null}`,
		`{"data":[],"status":"success"}`, `{"status":"success"}`, `{"status":"success","data":{}}`, `{"status":"success","data":["a",null]}`,
		`{"status":"success","data":["a"],"data":["b"]}`, `{"status":"error","data":5,"error":"x"}`, `["a"]`, `{"status":"success","data":["a",]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(r io.Reader) (Listing[string], error) {
			var l Listing[string]
			var err error
			d := &decoder{scanner: newScanner(r)}
			l.Notes, err = d.envelope(func() error { return d.texts(&l.Items) })
			return l, err
		}
		got, err := read(bytes.NewReader(data))
		o := &oracle{}
		checkAgainst(t, data, o, o.list(data), got, err)
		pieces, piecesErr := read(iotest.OneByteReader(bytes.NewReader(data)))
		piecemeal(t, data, got, pieces, err, piecesErr)
	})
}

func FuzzDecodeNative(f *testing.F) {
	for _, text := range []string{
		`{"outputs":[]}`, `{"outputs":null}`, `{}`, `null`, ` { "hints" : [ 1e5 , "x" , { "a" : null } ] , "outputs" : [ null , { } ] } `,
		`{"outputs":[{"id":"out0","result":[{"metric":"m","tags":{"k":"v","ä":"\u00e9\ud83d\ude00\ud800x"},"dps":[[1700000000,1.5],[1700000060000,null]]}]}]}`,
		`{"outputs":[{"result":[{"dps":[[1700000000.25,-1e-7],[1.7e9,12345678901234567890],[-5,0.30000000000000004]],"tags":null}],"id":"\"\\\/\b\f\n\r\t"}]}`,
		`{"outputs":[{"result":[{"dps":[[1700000000,"1.5"],[1700000001,"NaN"],[1700000002,"+Inf"],[1700000003,"-Inf"],[1700000004,"1 "]]}]}]}`,
		`{"outputs":[{"result":[{"metric":"a","metric":"b","dps":[[1,2]],"dps":[[3,4]]}],"result":[{}]}],"outputs":[{"id":"x"}]}`,
		`{"outputs":[{"result":[{"dps":[[1700000000,01]]}]}]}`, `{"outputs":[{"id":5}]}`, `{"outputs":[{"id":"a"},]}`, `{"outputs":[1 2]}`,
		`{"outputs":[{"result":[{"dps":[[1e400,1]]}]}]}`, "{\"outputs\":[{\"id\":\"\xff\xc3\"}]}", "{\"outputs\":[{\"id\":\"a\nb\"}]}",
		`{"x":[NaN,-Infinity],"outputs":[{"result":[{"dps":[[1,NaN],[2,Infinity],[3,-Infinity],[4,NaN5],[5,5NaN],[6,--Infinity]]}]}]}`,
		`{"outputs":[{"result":[{"dps":[[1,NaN],[2,Infinity],[3, -Infinity]],"tags":{"Infinity":"NaN \"NaN"}}]}],"error":{"message":NaN}}`,
		`{"status":"error","errorType":"x","error":{"message":"m"}}`,
		"<html>", `{"outputs":[]}x`, `{"x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `,"outputs":[]}`,
	} {
		f.Add([]byte(text), int64(math.MinInt64), int64(math.MaxInt64))
		f.Add([]byte(text), int64(1700000000_000), int64(1700000059_999))
	}
	f.Fuzz(func(t *testing.T, data []byte, first, last int64) {
		got, err := readNative(bytes.NewReader(data), first, last)
		o := &oracle{}
		checkAgainst(t, data, o, o.native(data, first, last), got, err)
		pieces, piecesErr := readNative(iotest.OneByteReader(bytes.NewReader(data)), first, last)
		piecemeal(t, data, got, pieces, err, piecesErr)
		streamed := &decoder{scanner: newScanner(bytes.NewReader(data)), first: first, last: last}
		var all []Series
		if got != nil {
			for _, o := range got.Outputs {
				all = append(all, o.Series...)
			}
		}
		alike(t, data, streamed, all, err, func() error { _, err := streamed.native(); return err })
	})
}

func FuzzDecodePrometheus(f *testing.F) {
	for _, text := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`, `{"status":"success","data":{"result":null,"resultType":"vector"}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a\u0000"},"values":[[1700000000,"1"],[1700000000.781,"NaN"],[1,"+Inf"],[2,"-Inf"]]}]}}`,
		`{"data":{"result":[{"value":[1700000000.5,"-1.5e-7"],"metric":{}},{}],"resultType":"vector"},"status":"success","warnings":["a","b"],"infos":null}`,
		`{"status":"success","data":{"resultType":"scalar","result":[1700000000.25,"3"]}}`, `{"status":"success","data":{"resultType":"scalar","result":[5]}}`,
		`{"status":"success","data":{"resultType":"string","result":[1700000000,"x"]}}`, `{"status":"success","data":{"result":[1,"x"],"resultType":"string"}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"h"},"histograms":[[1,{"count":"5"}]]},{"histogram":[],"values":[[1,2]]}]}}`,
		`{"status":"error","errorType":"bad_data","error":"no"}`, `{"status":"success"}`, `{"status":"success","data":null}`, `{"status":"success","data":{}}`,
		`{"status":"success","warnings":null,"data":{"resultType":"matrix","result":[{"metric":{"__name__":"a"},"metric":{"b":"c"},"values":null}]}} `,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"0x1p-2"],[1700000000,"1_0"],[1700000000,""]]}]}}`,
		`{"status":"success","isPartial":true,"infos":["a"],"data":{"result":[]}}`, `{"status":"success","isPartial":1}`,
		`{"status":"error","data":[5],"error":null}`, `{"status":"success","data":{"resultType":"vector","result":[{"value":[1,NaN]}]}}`,
		`{"status":5}`, `[]`, `{"status":"success","data":{"resultType":"matrix","result":[{},5]}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readPrometheus(bytes.NewReader(data))
		o := &oracle{}
		want := o.prometheus(data)
		pieces, piecesErr := readPrometheus(iotest.OneByteReader(bytes.NewReader(data)))
		piecemeal(t, data, got, pieces, err, piecesErr)
		streamed := &decoder{scanner: newScanner(bytes.NewReader(data)), first: math.MinInt64, last: math.MaxInt64}
		alike(t, data, streamed, got.series, err, func() error { _, err := streamed.prometheus(); return err })
		if got != nil { // the oracle does not add the decoder's warning about histograms
			ours := func(w string) bool { return strings.HasPrefix(w, "the native histograms of ") }
			want.histograms = got.histograms
			got.Warnings, want.Warnings = slices.DeleteFunc(got.Warnings, ours), slices.DeleteFunc(want.Warnings, ours)
		}
		checkAgainst(t, data, o, want, got, err)
	})
}
