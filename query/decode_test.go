// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// Answers with all elements of the formats, including optional ones.
const (
	richNative = ` { "hints" : [ ] , "x" : { "a" : [ 1 , -2.5e-3 , true , false , null , "s" , { } ] } ,
 "outputs" : [ { "id" : "out\u00e9\ud83d\ude00" , "result" : [ { "metric" : "ä.b\"\\\/\b\f\n\r\t" , "tags" : { "k" : "v€" , "\u006b2" : "" } ,
 "aggregatedTags" : [ ] , "dps" : [ [ 1700000000 , -4.545 ] , [ 1700000060.25 , null ] , [1700000120000,1e3] ] } ] } , { "id" : "e" , "result" : [ ] } ] } `
	richMatrix = ` { "status" : "success" , "warnings" : [ "slow\u0021" ] , "data" : { "resultType" : "matrix" , "result" : [
 { "metric" : { "__name__" : "m" , "k" : "ä\t" } , "values" : [ [ 1700000000.5 , "NaN" ] , [ 1700000001 , "-1.5" ] , [1700000002,"+Inf"] ] } ] } } `
	richScalar = `{"data":{"result":[1700000000.25,"-0.125"],"resultType":"scalar"},"status":"success"}`
)

func TestDecode_AcceptsEscapesAndUnusualNumbers(t *testing.T) {
	r, err := answered(t, richNative)
	same(t, succeeds(t, r, err).Outputs, []query.Output{{ID: "outé😀", Series: []query.Series{{
		Metric: "ä.b\"\\/\b\f\n\r\t", Tags: map[string]string{"k": "v€", "k2": ""},
		Timestamps: []int64{1700000000_000, 1700000060_250, 1700000120_000}, Values: []float64{-4.545, nan, 1000},
	}}}, {ID: "e"}})
	r, err = answeredRange(t, richMatrix)
	same(t, succeeds(t, r, err).Warnings, []string{"slow!"})
	same(t, r.Outputs[0].Series, []query.Series{{
		Metric: "m", Tags: map[string]string{"k": "ä\t"},
		Timestamps: []int64{1700000000_500, 1700000001_000, 1700000002_000}, Values: []float64{nan, -1.5, math.Inf(1)},
	}})
}

// Python's json writes NaN and infinities as bare words.
func TestDecode_AcceptsNaNAndInfinityOfPython(t *testing.T) {
	r, err := answered(t, ` {"hints":[NaN,{"x":-Infinity}],"y":Infinity,"outputs":[{"result":[{"dps":[[1,NaN],[2,Infinity],[3, -Infinity ],[4,-1],[5,1]]}]}]}`)
	same(t, succeeds(t, r, err).Outputs[0].Series[0].Values, []float64{nan, math.Inf(1), math.Inf(-1), -1, 1})
}

// decoders runs a test with each rich answer and a function that decodes a stream.
func decoders(t *testing.T, f func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error))) {
	t.Helper()
	for name, body := range map[string]string{"native": richNative, "matrix": richMatrix, "scalar": richScalar} {
		t.Run(name, func(t *testing.T) {
			f(t, body, func(r io.Reader) (*query.Result, error) {
				q := newFake(t, reply{stream: r}).client()
				if name == "native" {
					return q.Query(t.Context(), "q", at(0), time.Time{})
				}
				return q.QueryRange(t.Context(), "q", at(epoch), at(epoch+60), time.Second)
			})
		})
	}
}

func TestDecode_TruncatedAtEachByte(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		for n := range len(strings.TrimRight(body, " ")) {
			for _, why := range []error{io.EOF, io.ErrUnexpectedEOF, errors.New("connection reset")} {
				r, err := decode(io.MultiReader(strings.NewReader(body[:n]), iotest.ErrReader(why)))
				if r != nil {
					t.Errorf("%d bytes: a result and an error", n)
				}
				if errors.Is(why, io.EOF) {
					why = io.ErrUnexpectedEOF
				}
				is(t, err, why)
				same(t, offset(t, err), int64(n), "offset")
			}
		}
	})
}

// The stream can fail after the last brace of a complete answer.
func TestDecode_ErrorAfterTheEnd(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		for _, why := range []error{io.ErrUnexpectedEOF, errors.New("connection reset"), gzip.ErrChecksum} {
			_, err := decode(io.MultiReader(strings.NewReader(body), iotest.ErrReader(why)))
			is(t, err, why)
			same(t, offset(t, err), int64(len(body)), "offset")
		}
	})
}

// TestDecode_GarbageAtEachByte replaces each byte with garbage. The decoder must not panic, and the offset of an error must
// be within the answer.
func TestDecode_GarbageAtEachByte(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		refused := 0
		for n := range body {
			for _, garbage := range []string{"\x00", "{", "}", "[", "]", `"`, ",", ":", "x", "-", "9", "\\", "\xff", ""} {
				text := body[:n] + garbage + body[min(n+1, len(body)):]
				_, err := decode(strings.NewReader(text))
				var e *query.DecodeError
				if errors.As(err, &e) {
					refused++
					if e.Offset < 0 || e.Offset > int64(len(text)) {
						t.Fatalf("%q at byte %d: %v", garbage, n, err)
					}
				}
			}
			if text := body[:n] + "\x00" + body[min(n+1, len(body)):]; n > 0 {
				if _, err := decode(strings.NewReader(text)); err == nil {
					t.Errorf("a zero byte at %d is accepted", n)
				}
			}
		}
		if refused < len(body) {
			t.Errorf("only %d refused", refused)
		}
	})
}

// The result must not depend on the sizes of the reads.
func TestDecode_AnswerInPieces(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		want, err := decode(strings.NewReader(body))
		succeeds(t, want, err)
		for name, pieces := range map[string]func(io.Reader) io.Reader{
			"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "data with the end": iotest.DataErrReader,
		} {
			got, err := decode(pieces(strings.NewReader(body)))
			same(t, succeeds(t, got, err), want, name)
		}
		for n := range body {
			got, err := decode(io.MultiReader(strings.NewReader(body[:n]), iotest.OneByteReader(strings.NewReader(body[n:]))))
			same(t, succeeds(t, got, err), want, "cut at", n)
		}
	})
}

// TestDecode_AnswerLongerThanBuffer places the end of the decoder's buffer at each byte of the answer.
func TestDecode_AnswerLongerThanBuffer(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		want, err := decode(strings.NewReader(body))
		succeeds(t, want, err)
		for _, size := range []int{512, 64 << 10} {
			for n := range len(body) + 1 {
				got, err := decode(strings.NewReader(strings.Repeat(" ", size-n) + body))
				if diff := fmt.Sprint(err, got.Outputs) != fmt.Sprint(nil, want.Outputs); diff {
					t.Fatalf("%d before the end of a buffer of %d: %v, %v", n, size, got, err)
				}
			}
		}
		long := strings.Repeat("ä\\t€\\u0041x", 50_000)
		got, err := decode(strings.NewReader(strings.Replace(body, "{", `{"`+long+`":"`+long+`",`, 1)))
		same(t, succeeds(t, got, err).Outputs, want.Outputs)
	})
}

func TestDecode_RejectsDataAfterTheEnd(t *testing.T) {
	decoders(t, func(t *testing.T, body string, decode func(io.Reader) (*query.Result, error)) {
		for _, garbage := range []string{"x", "{}", body, "]", "}", ",", "\x00", "null", "1"} {
			_, err := decode(strings.NewReader(body + garbage))
			if err == nil {
				t.Fatalf("%q after the answer is accepted", garbage)
			}
			want := len(body) + len(garbage) - len(strings.TrimLeft(garbage, " "))
			same(t, offset(t, err), int64(want))
			contains(t, err, "after the end")
		}
		for _, none := range []string{"", " \n", "x", "[]", `"x"`, "5", "true", "nul", "\ufeff" + body, "\x1f\x8b", "-", "{]", "{,}", `{"a"}`, `{"a":}`, `{"a":1,}`} {
			_, err := decode(strings.NewReader(none))
			offset(t, err)
		}
	})
}

func TestDecode_RejectsMalformedAnswers(t *testing.T) {
	for _, c := range []struct {
		body   string
		offset int64
		text   string
	}{
		{`{"outputs":{}}`, 11, "an object where an array is expected"},
		{`{"outputs":"x"}`, 11, "a string where an array is expected"},
		{`{"outputs":[5]}`, 12, "a number where an object is expected"},
		{`{"outputs":[{"id":5}]}`, 18, "a number where a string is expected"},
		{`{"outputs":[{"id":true}]}`, 18, "a boolean where a string is expected"},
		{`{"outputs":[{"result":{}}]}`, 22, "an object where an array is expected"},
		{`{"outputs":[{"result":[{"metric":5}]}]}`, 33, "a number where a string is expected"},
		{`{"outputs":[{"result":[{"tags":{"a":5}}]}]}`, 36, "a number where a string is expected"},
		{`{"outputs":[{"result":[{"tags":["a"]}]}]}`, 31, "an array where an object is expected"},
		{`{"outputs":[{"result":[{"dps":{"1":2}}]}]}`, 30, "an object where an array is expected"},
		{`{"outputs":[{"result":[{"dps":[5]}]}]}`, 31, "a number where '[' is expected"},
		{`{"outputs":[{"result":[{"dps":[[]]}]}]}`, 32, "']' where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[["1",2]]}]}]}`, 32, "a string where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[null,2]]}]}]}`, 32, "null where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,2,3]]}]}]}`, 35, "',' where ']' is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,true]]}]}]}`, 34, "a boolean where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,{}]]}]}]}`, 34, "an object where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,Nan]]}]}]}`, 36, "NaN is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,Inf]]}]}]}`, 37, "Infinity is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,-Inf]]}]}]}`, 38, "-Infinity is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,+Infinity]]}]}]}`, 34, "'+' where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,nan]]}]}]}`, 35, "null is expected"},
		{`{"outputs":[{"result":[{"dps":[[NaN,1]]}]}]}`, 32, "'N' where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,NaN5]]}]}]}`, 37, "a number where ']' is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,01]]}]}]}`, 34, `"01" is not a number`},
		{`{"outputs":[{"result":[{"dps":[[1,1.]]}]}]}`, 34, `"1." is not a number`},
		{`{"outputs":[{"result":[{"dps":[[1,-]]}]}]}`, 34, `"-" is not a number`},
		{`{"outputs":[{"result":[{"dps":[[1,1e400]]}]}]}`, 34, `"1e400" is not a number`},
		{`{"outputs":[{"result":[{"dps":[[1,.5]]}]}]}`, 34, "'.' where a number is expected"},
		{`{"outputs":[{"result":[{"dps":[[1,+5]]}]}]}`, 34, "'+' where a number is expected"},
		{"{\"outputs\":[{\"id\":\"a\nb\"}]}", 20, `control character '\n' in a string`},
		{`{"outputs":[{"id":"a\x"}]}`, 20, "invalid escape"},
		{`{"outputs":[{"id":"a\u12g4"}]}`, 20, "invalid escape"},
		{`{"outputs":[{"id":"a" "b"}]}`, 22, "a string where ',' or '}' is expected"},
		{`{"outputs":[{"id":"a",}]}`, 22, "'}' where a string is expected"},
		{`{"outputs":[{"id" "a"}]}`, 18, "a string where ':' is expected"},
		{`{"outputs":[{"id":"a"]}`, 21, "']' where ',' or '}' is expected"},
		{`{"outputs":[{"id":"a"},]}`, 23, "']' where an object is expected"},
		{`{"x":tru}`, 8, "true is expected"},
	} {
		_, err := answered(t, c.body)
		same(t, offset(t, err), c.offset, c.body)
		contains(t, err, c.text)
	}
	for _, body := range []string{`{}`, `null`, `{"error":"x"}`, `{"status":"success","data":{}}`, `{"Outputs":[]}`} {
		_, err := answered(t, body)
		contains(t, err, "not a query endpoint")
	}
	for body, want := range map[string]string{
		`{"error":"x"}`:                                                        "not a query endpoint: x",
		`{"error":{"code":1,"message":"m"}}`:                                   "not a query endpoint: m",
		`{"error":{"message":5},"outputs":null,"status":7}`:                    "<nil>",
		`{"status":"error","errorType":"bad_data","error":"unknown function"}`: "apptuit: query: bad_data: unknown function",
		`{"error":"unknown function","status":"error"}`:                        "apptuit: query: unknown function",
	} {
		_, err := answered(t, body)
		contains(t, err, want)
	}
	for _, number := range []string{"1e300", "-1e300", "9007199254740993000", "99999999999999999999999"} {
		_, err := answered(t, native("["+number+",1]"))
		contains(t, err, "out of range")
		offset(t, err)
	}
}

func TestDecode_LimitsNesting(t *testing.T) {
	for _, open := range []string{"[", `{"a":`, `[{"b":`} {
		text := strings.Repeat(open, 1_000_000)
		_, err := answered(t, `{"hints":`+text)
		offset(t, err)
		contains(t, err, "nested deeper")
		_, err = answeredRange(t, `{"stats":`+text)
		contains(t, err, "nested deeper")
		_, err = answered(t, `{"outputs":[{"result":[{"dps":`+text)
		offset(t, err)
	}
	r, err := answered(t, `{"hints":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`,"outputs":[]}`)
	succeeds(t, r, err)
}

// endless is a reader that repeats a text without an end.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && e != "" {
		n += copy(p[n:], e)
	}
	return n, nil
}

func TestWithMaxResponseBytes(t *testing.T) {
	decoders(t, func(t *testing.T, body string, _ func(io.Reader) (*query.Result, error)) {
		ask := func(stream io.Reader, bound int64) error {
			q := newFake(t, reply{stream: stream}).client(query.WithMaxResponseBytes(bound))
			if strings.Contains(body, "outputs") {
				_, err := q.Query(t.Context(), "q", at(0), time.Time{})
				return err
			}
			_, err := q.QueryRange(t.Context(), "q", at(1), at(2), 0)
			return err
		}
		for _, bound := range []int64{int64(len(body)), int64(len(body)) + 1, math.MaxInt64 - 1, math.MaxInt64} {
			for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
				if err := ask(pieces(strings.NewReader(body)), bound); err != nil {
					t.Errorf("bound %d for %d bytes: %v", bound, len(body), err)
				}
			}
		}
		for bound := int64(1); bound < int64(len(body)); bound++ {
			err := ask(strings.NewReader(body), bound)
			is(t, err, query.ErrAnswerTooLarge)
			same(t, offset(t, err), bound)
		}
		for _, text := range []endless{" ", "[", `{"a":`, `{"a":"aaaaa`, "1", `"\n`, `[1,`} {
			err := ask(io.MultiReader(strings.NewReader(`{"x":`), text), 1<<20)
			if got := offset(t, err); got < 5 || got > 1<<20 {
				t.Errorf("endless %q: %v", text, err)
			}
		}
		is(t, ask(io.MultiReader(strings.NewReader(body), endless(" ")), 1<<20), query.ErrAnswerTooLarge)
	})
}

func TestDecode_EndsIfTheReaderMakesNoProgress(t *testing.T) {
	for _, start := range []string{"", "{", `{"outputs":[{"id":"a`} {
		f := newFake(t, reply{stream: io.MultiReader(strings.NewReader(start), endless(""))})
		_, err := f.client().Query(t.Context(), "q", at(0), time.Time{})
		is(t, err, io.ErrNoProgress)
		same(t, offset(t, err), int64(len(start)))
	}
}

func TestClient_CompressedAnswers(t *testing.T) {
	body := native("[1,2],[3,4]")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, body)
	w.Close()
	cut := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		same(t, r.Header.Get("Accept-Encoding"), "gzip")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(packed.Len()-cut))
		w.Write(packed.Bytes()[:packed.Len()-cut])
	}))
	defer server.Close()
	core := newCore(t, apptuitclient.WithEndpoint(server.URL))
	ask := func(bound int) (*query.Result, error) {
		return query.New(core, query.WithMaxResponseBytes(int64(bound))).Query(t.Context(), "q", at(0), time.Time{})
	}
	r, err := ask(len(body))
	same(t, succeeds(t, r, err).Outputs[0].Series[0].Values, []float64{2, 4})
	_, err = ask(len(body) - 1) // the limit applies to the decompressed answer
	is(t, err, query.ErrAnswerTooLarge)
	for cut = 1; cut < packed.Len(); cut += 5 {
		_, err = ask(len(body))
		is(t, err, io.ErrUnexpectedEOF)
	}
}
