// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

// milliseconds returns a time or step of a form in milliseconds.
func (r *asked) milliseconds(t testing.TB, key string) int64 {
	t.Helper()
	seconds, err := strconv.ParseFloat(r.form.Get(key), 64)
	if err != nil {
		t.Error(err)
	}
	return int64(math.Round(seconds * 1000))
}

// evaluator imitates Prometheus. Each of its series exists from one time to another, in milliseconds; its values are the
// numbers of steps since 1970. Like Prometheus, it rejects queries for too many points.
func evaluator(t testing.TB, series map[string][2]int64) *fake {
	return &fake{t: t, answer: func(r *asked) reply {
		start, end, step := r.milliseconds(t, "start"), r.milliseconds(t, "end"), r.milliseconds(t, "step")
		if (end-start)/step > 11_000 {
			return reply{code: http.StatusBadRequest, body: `{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries"}`}
		}
		var b strings.Builder
		b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
		sep := ""
		for _, name := range []string{"a", "b", "c"} {
			between, ok := series[name]
			from, to := max(start, start+(between[0]-start+step-1)/step*step), min(end, between[1])
			if !ok || from > to {
				continue
			}
			fmt.Fprintf(&b, `%s{"metric":{"__name__":%q},"values":[`, sep, name)
			sep = ","
			for at := from; at <= to; at += step {
				if at > from {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `[%d.%03d,"%d"]`, at/1000, at%1000, at/step)
			}
			b.WriteString("]}")
		}
		fmt.Fprintf(&b, `]},"warnings":["always","part of %d"]}`, start)
		return reply{body: b.String()}
	}}
}

func TestClient_QueryRange_SplitsLongRange(t *testing.T) {
	for points, requests := range map[int64]int{1: 1, 2: 1, 10_999: 1, 11_000: 1, 11_001: 2, 22_000: 2, 22_001: 3, 100_000: 10} {
		f := evaluator(t, nil)
		const step = 250
		start := time.UnixMilli(epoch*1000 + 7)
		last := start.Add(time.Duration(points-1) * step * time.Millisecond)
		for _, end := range []time.Time{last, last.Add((step - 1) * time.Millisecond)} {
			before := len(f.all())
			if _, err := f.client().QueryRange(t.Context(), "q", start, end, step*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			all := f.all()[before:]
			same(t, len(all), requests, "requests for", points)
			same(t, all[0].milliseconds(t, "start"), start.UnixMilli())
			same(t, all[len(all)-1].milliseconds(t, "end"), end.UnixMilli())
		}
	}
}

// For random ranges, each point is requested exactly once and in order, and no request is for too many points.
func TestSplit_CoversEachPointOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		start := random.Int64N(4e12) - 1e12
		step := 1 + random.Int64N([]int64{3, 1000, 100_000_000}[random.IntN(3)])
		points := 1 + random.Int64N(80_000)
		end := min(start+(points-1)*step+random.Int64N(step), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
		f := newFake(t, reply{body: matrix("")})
		_, err := f.client().QueryRange(t.Context(), "q", time.UnixMilli(start), time.UnixMilli(end), time.Duration(step)*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		next := start
		for i, r := range f.all() {
			from, to := r.milliseconds(t, "start"), r.milliseconds(t, "end")
			n := (to-from)/step + 1
			if from != next || to < from || n > 11_000 || r.milliseconds(t, "step") != step {
				t.Fatalf("from %d to %d by %d: part %d is from %d to %d, want it to begin at %d", start, end, step, i, from, to, next)
			}
			next = from + n*step
		}
		if last := f.all()[len(f.all())-1].milliseconds(t, "end"); last != end || next <= end {
			t.Fatalf("from %d to %d by %d: the last part ends at %d, and the next point would be at %d", start, end, step, last, next)
		}
	}
}

func TestClient_QueryRange_JoinsParts(t *testing.T) {
	const step = 1000
	start, end := int64(epoch*1000+500), int64(epoch*1000+500+29_999*step) // three parts of 10,000
	f := evaluator(t, map[string][2]int64{
		"a": {0, math.MaxInt64},
		"b": {start + 15_000*step, math.MaxInt64},                  // not in the first part
		"c": {start + 12_000*step, start + 13_000*step + step - 1}, // in the second part only
	})
	r, err := f.client().QueryRange(t.Context(), "q", time.UnixMilli(start), time.UnixMilli(end), step*time.Millisecond)
	succeeds(t, r, err)
	same(t, len(f.all()), 3, "requests")
	same(t, r.Warnings, []string{
		"always", fmt.Sprintf("part of %d", start), fmt.Sprintf("part of %d", start+10_000*step), fmt.Sprintf("part of %d", start+20_000*step),
	})
	same(t, len(r.Outputs), 1)
	want := []struct {
		name     string
		from, to int64
	}{{"a", start, end}, {"b", start + 15_000*step, end}, {"c", start + 12_000*step, start + 13_000*step}}
	got := map[string]query.Series{}
	for _, s := range r.Outputs[0].Series {
		got[s.Metric] = s
	}
	same(t, len(r.Outputs[0].Series), 3)
	for _, w := range want {
		s := got[w.name]
		same(t, int64(s.Len()), (w.to-w.from)/step+1, "points of", w.name)
		for i := range s.Timestamps {
			if at := w.from + int64(i)*step; s.Timestamps[i] != at || s.Values[i] != float64(at/step) {
				t.Fatalf("point %d of %s is %v at %d, want it at %d", i, w.name, s.Values[i], s.Timestamps[i], at)
			}
		}
	}
	frame := r.Outputs[0].Frame()
	same(t, len(frame.Index), 30_000)
}

// Different series with the same name are not joined.
func TestClient_QueryRange_JoinsSeriesByTags(t *testing.T) {
	const one = `{"metric":{"__name__":"m","a":"1, b:2"},"values":[[%[1]d,"1"]]}`
	const two = `{"metric":{"__name__":"m","a":"1","b":"2"},"values":[[%[1]d,"2"]]}`
	const three = `{"metric":{"a":"1","b":"2"},"values":[[%[1]d,"3"]]}`
	const four = `{"metric":{"__name__":"ma","1":", b:2"},"values":[[%[1]d,"4"]]}`
	f := &fake{t: t, answer: func(r *asked) reply {
		order := []string{one, two, three, four}
		if r.n == 1 {
			order = []string{four, three, one, two}
		}
		return reply{body: fmt.Sprintf(`{"status":"success","data":{"resultType":"matrix","result":[`+strings.Join(order, ",")+`]}}`, r.milliseconds(t, "start")/1000)}
	}}
	r, err := f.client().QueryRange(t.Context(), "q", at(epoch), at(epoch+11_000), time.Second)
	succeeds(t, r, err)
	var got []string
	for _, s := range r.Outputs[0].Series {
		got = append(got, fmt.Sprint(s.Name(), s.Values))
	}
	same(t, got, []string{"m{a:1, b:2}[1 1]", "m{a:1, b:2}[2 2]", "{a:1, b:2}[3 3]", "ma{1:, b:2}[4 4]"})
}

// VictoriaMetrics rounds the times of a range to multiples of the step. Another server may round them in a way that makes
// parts overlap.
func TestClient_QueryRange_DropsOverlap(t *testing.T) {
	f := &fake{t: t, answer: func(r *asked) reply {
		start, end := r.milliseconds(t, "start")/7000*7, r.milliseconds(t, "end")/7000*7+14
		var points []string
		for at := start; at <= end; at += 7 {
			points = append(points, fmt.Sprintf(`[%d,"1"]`, at))
		}
		return reply{body: matrix(strings.Join(points, ","))}
	}}
	r, err := f.client().QueryRange(t.Context(), "q", at(epoch), at(epoch+7*30_000), 7*time.Second)
	s := succeeds(t, r, err).Outputs[0].Series[0]
	for i := 1; i < s.Len(); i++ {
		if s.Timestamps[i]-s.Timestamps[i-1] != 7000 {
			t.Fatalf("point %d is at %d, the one before at %d", i, s.Timestamps[i], s.Timestamps[i-1])
		}
	}
	if first, last := s.Timestamps[0], s.Timestamps[s.Len()-1]; first > epoch*1000 || last < (epoch+7*30_000)*1000 {
		t.Errorf("from %d to %d", first, last)
	}
}

func TestClient_QueryRange_ReturnsErrorOfPart(t *testing.T) {
	good := matrix(`[1700000000,"1"]`)
	f := newFake(t, reply{body: good}, reply{code: 422, body: `{"status":"error","errorType":"execution","error":"too much"}`}, reply{body: good})
	r, err := f.client().QueryRange(t.Context(), "q", at(epoch), at(epoch+30_000), time.Second)
	contains(t, statusOf(t, err, 422), "too much")
	if r != nil {
		t.Errorf("a part of the answer: %v", r)
	}
	same(t, len(f.all()), 2, "requests")
}

// The limit applies to the sum of all parts, because the result keeps them all.
func TestClient_QueryRange_LimitsPartsTogether(t *testing.T) {
	body := matrix(`[1700000000,"1"]`)
	ask := func(bound int) error {
		f := newFake(t, reply{body: body})
		_, err := f.client(query.WithMaxResponseBytes(int64(bound))).QueryRange(t.Context(), "q", at(epoch), at(epoch+22_000), time.Second)
		return err
	}
	if err := ask(3 * len(body)); err != nil {
		t.Error(err)
	}
	is(t, ask(3*len(body)-1), query.ErrAnswerTooLarge)
	is(t, ask(2*len(body)), query.ErrAnswerTooLarge)
}
