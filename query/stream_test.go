// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// pieces returns a short description of each piece of a stream.
func pieces(t *testing.T, s *query.Stream) []string {
	t.Helper()
	var all []string
	for p, err := range s.Pieces() {
		if err != nil {
			all = append(all, err.Error())
			continue
		}
		text := p.Output + "/" + p.Name() + " " + strconv.Itoa(p.Len())
		if p.Len() > 0 {
			text += fmt.Sprintf(" %d..%d", p.Timestamps[0]/1000, p.Timestamps[p.Len()-1]/1000)
		}
		all = append(all, text)
	}
	return all
}

// points returns [time, value] pairs for the times from, from+1, ….
func points(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `[%d,%d]`, from+i, i)
	}
	return b.String()
}

func TestStreamQuery(t *testing.T) {
	body := `{"outputs":[{"id":"o","result":[{"metric":"a","tags":{},"dps":[` + points(epoch, 20_000) + `]},` +
		`{"metric":"none","tags":{"k":"v"},"dps":[]},{"metric":"b","tags":{"k":"v"},"dps":[` + points(epoch, 8192) + `]},` +
		`{"dps":[` + points(epoch, 9000) + `],"metric":"late","tags":{}}]},{"result":[{"metric":"c","tags":{},"dps":[[1,2],[` + strconv.Itoa(epoch) + `,2]]}],"id":"late"}]}`
	f := newFake(t, reply{body: body})
	s := f.client().StreamQuery(t.Context(), "q", at(epoch), time.Time{})
	for range 2 { // each iteration sends the query again
		same(t, pieces(t, s), []string{
			"o/a{} 8192 1700000000..1700008191", "o/a{} 8192 1700008192..1700016383", "o/a{} 3616 1700016384..1700019999",
			"o/none{k:v} 0", "o/b{k:v} 8192 1700000000..1700008191", "o/late{} 9000 1700000000..1700008999", "/c{} 1 1700000000..1700000000",
		})
	}
	same(t, len(f.all()), 2, "requests")
	same(t, f.all()[0].URL.String(), "https://fake.test/api/query?start=1700000000&q=q")
}

func TestStreamRange_InParts(t *testing.T) {
	f := &fake{t: t, answer: func(r *asked) reply {
		start, _ := strconv.Atoi(r.form.Get("start"))
		end, _ := strconv.Atoi(r.form.Get("end"))
		notes := `,"warnings":["w"],"infos":["` + strconv.Itoa(r.n) + `"]`
		return reply{body: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m"},"values":[` +
			points(start-1, end-start+2) + `]},{"metric":{"__name__":"h"},"histograms":[]},{"values":[` + points(start, 1) + `],"metric":{"k":"v"}}]}` + notes + `}`}
	}}
	s := f.client().StreamRange(t.Context(), "q", at(epoch), at(epoch+14_999), time.Second)
	same(t, pieces(t, s), []string{
		"/m{} 7500 1700000000..1700007499", "/{k:v} 1 1700000000..1700000000",
		"/m{} 7500 1700007500..1700014999", "/{k:v} 1 1700007500..1700007500",
	})
	if len(s.Warnings) != 2 || s.Warnings[0] != "w" || !strings.Contains(s.Warnings[1], "native histograms of 1 series") {
		t.Errorf("warnings %q", s.Warnings)
	}
	same(t, s.Infos, []string{"0", "1"})
	s = newFake(t, reply{body: `{"status":"success","data":{"resultType":"scalar","result":[` + strconv.Itoa(epoch) + `,"5"]}}`}).
		client().StreamRange(t.Context(), "5", at(epoch), at(epoch), time.Second)
	same(t, pieces(t, s), []string{"/{} 1 1700000000..1700000000"})
}

// A stream returns the same points as the query without a stream.
func TestStream_AgreesWithQuery(t *testing.T) {
	for body, ask := range map[string]func(*query.Client) (*query.Stream, *query.Result, error){
		richNative: func(c *query.Client) (*query.Stream, *query.Result, error) {
			r, err := c.Query(t.Context(), "q", at(0), time.Time{})
			return c.StreamQuery(t.Context(), "q", at(0), time.Time{}), r, err
		},
		richMatrix: func(c *query.Client) (*query.Stream, *query.Result, error) {
			r, err := c.QueryRange(t.Context(), "q", at(epoch), at(epoch+60), time.Second)
			return c.StreamRange(t.Context(), "q", at(epoch), at(epoch+60), time.Second), r, err
		},
	} {
		stream, r, err := ask(newFake(t, reply{body: body}).client())
		succeeds(t, r, err)
		var want, got []query.Series
		for _, o := range r.Outputs {
			want = append(want, o.Series...)
		}
		for p, err := range stream.Pieces() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p.Series)
		}
		same(t, got, want)
		same(t, stream.Notes, r.Notes)
	}
}

func TestStream_BreakSendsNoFurtherRequest(t *testing.T) {
	f := newFake(t, reply{body: `{"outputs":[{"id":"o","result":[{"metric":"a","tags":{},"dps":[` + points(epoch, 20_000) + `]}]}]}`})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for p, err := range f.client().StreamQuery(ctx, "q", at(epoch), time.Time{}).Pieces() {
		if err != nil || p.Len() != 8192 {
			t.Errorf("%d points, %v", p.Len(), err)
		}
		cancel() // a canceled context must not change the result of leaving the loop
		break
	}
	f = newFake(t, reply{body: matrix(points(epoch, 10))})
	n := 0
	for _, err := range f.client().StreamRange(t.Context(), "q", at(epoch), at(epoch+30_000), time.Second).Pieces() {
		if n++; n == 2 || err != nil {
			is(t, err, nil)
			break
		}
	}
	same(t, len(f.all()), 2, "requests for three parts")
}

func TestStream_Errors(t *testing.T) {
	whole := `{"outputs":[{"id":"o","result":[{"metric":"a","tags":{},"dps":[` + points(epoch, 9000) + `]}]}]}`
	for body, want := range map[string][]string{
		whole[:len(whole)-30]:                             {"o/a{} 8192 1700000000..1700008191", "apptuit: query: answer at byte "},
		`{"status":"error","errorType":"x","error":"no"}`: {"apptuit: query: x: no"},
		page: {"apptuit: query: not a query endpoint: "},
	} {
		got := pieces(t, newFake(t, reply{body: body}).client().StreamQuery(t.Context(), "q", at(epoch), time.Time{}))
		same(t, len(got), len(want), "pieces")
		for i := range want {
			if i < len(got) && !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("piece %d is %s, want %s", i, got[i], want[i])
			}
		}
	}
	same(t, pieces(t, newFake(t, reply{}).client().StreamRange(t.Context(), "q", at(2), at(1), 0)), []string{
		"apptuit: query range: the end 1970-01-01T00:00:01Z is before the start 1970-01-01T00:00:02Z",
	})
	s := newFake(t, reply{body: `{"status":"success","warnings":["server returned HTTP status 401 Unauthorized"]}`}).
		client().StreamRange(t.Context(), "q", at(1), at(2), 0)
	var last error
	for _, err := range s.Pieces() {
		last = err
	}
	is(t, last, apptuitclient.ErrUnauthorized)
	f := newFake(t, reply{body: matrix(points(epoch, 100))})
	for _, err := range f.client(query.WithMaxResponseBytes(500)).StreamRange(t.Context(), "q", at(epoch), at(epoch+100), time.Second).Pieces() {
		is(t, err, query.ErrAnswerTooLarge)
	}
}

// repeated is a reader of a text n times, and then of another text.
type repeated struct {
	text, end string
	n, at     int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n == 0 {
		if r.at == len(r.end) {
			return 0, io.EOF
		}
		n := copy(p, r.end[r.at:])
		r.at += n
		return n, nil
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		r.at = 0
		r.n--
	}
	return n, nil
}

// A stream of 128 MiB takes at most 2 MiB of memory.
func TestStream_MemoryIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 128 MiB")
	}
	block := points(epoch, 1000) + ","
	for name, c := range map[string]struct{ start, text, end string }{
		"one long series": {`{"outputs":[{"id":"o","result":[{"metric":"a","tags":{},"dps":[`, block, `[1,1]]}]}]}`},
		"many short ones": {`{"outputs":[{"id":"o","result":[`, `{"metric":"a","tags":{"k":"v"},"dps":[` + points(epoch, 100) + `]},`, `{"metric":"b","tags":{}}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			times := (128 << 20) / len(c.text)
			body := io.MultiReader(strings.NewReader(c.start), &repeated{text: c.text, end: c.end, n: times})
			f := newFake(t, reply{stream: body})
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			n, most := 0, uint64(0)
			for p, err := range f.client().StreamQuery(t.Context(), "q", at(0), time.Time{}).Pieces() {
				if err != nil {
					t.Fatal(err)
				}
				n += p.Len()
				if n%(1<<20) < p.Len() {
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc)
				}
			}
			if n < 1<<22 {
				t.Errorf("%d points", n)
			}
			if taken := int64(most) - int64(before.HeapAlloc); taken > 2<<20 {
				t.Errorf("%d bytes are held", taken)
			}
		})
	}
}

func TestStream_ContextEndsIteration(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user has gone")
	body := `{"outputs":[{"id":"o","result":[{"metric":"a","tags":{},"dps":[` + points(epoch, 9000)
	f := newFake(t, reply{stream: io.MultiReader(strings.NewReader(body), readerFunc(func([]byte) (int, error) {
		cancel(why)
		return 0, ctx.Err()
	}))})
	var last error
	for _, err := range f.client().StreamQuery(ctx, "q", at(epoch), time.Time{}).Pieces() {
		last = err
	}
	is(t, last, context.Canceled)
	is(t, last, why)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
