// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

func sample() *query.Frame {
	a := series("cpu", epoch, 1.5, epoch+60, -2e-9, epoch+120, math.Inf(1))
	a.Tags = map[string]string{"host": "web1", "dc": "ä"}
	b := series("mem", epoch+60, 1<<40, epoch+120, math.Inf(-1))
	return query.Output{Series: []query.Series{a, b}}.Frame()
}

func TestFrame_String(t *testing.T) {
	same(t, sample().String(), strings.Join([]string{
		"                  time  cpu{dc:ä, host:web1}               mem{}",
		"  2023-11-14 22:13:20Z                   1.5                 NaN",
		"  2023-11-14 22:14:20Z                -2e-09  1.099511627776e+12",
		"  2023-11-14 22:15:20Z                  +Inf                -Inf",
		"[3 rows x 2 columns]",
		"",
	}, "\n"))
	same(t, query.Frame{}.String(), "  time\n[0 rows x 0 columns]\n")
	same(t, fmt.Sprint(sample()), sample().String())
	same(t, fmt.Sprint(*sample()), sample().String(), "of a copy")
}

func TestFrame_String_Milliseconds(t *testing.T) {
	f := query.Output{Series: []query.Series{series("a", epoch, 1, epoch+0.25, 2)}}.Frame()
	contains(t, errors.New(f.String()), " 2023-11-14 22:13:20.000Z ", " 2023-11-14 22:13:20.250Z ")
	f = f.In(time.FixedZone("", -90*60))
	contains(t, errors.New(f.String()), " 2023-11-14 20:43:20.000-01:30 ")
}

// grid returns a frame with the value 1000r + c in row r of column c.
func grid(rows, columns int) *query.Frame {
	var o query.Output
	for c := range columns {
		s := series("c" + strconv.Itoa(c))
		for r := range rows {
			s.Timestamps = append(s.Timestamps, int64(r)*1000)
			s.Values = append(s.Values, float64(1000*r+c))
		}
		o.Series = append(o.Series, s)
	}
	return o.Frame()
}

func TestFrame_String_OmitsTheMiddle(t *testing.T) {
	for _, c := range []struct {
		rows, columns int
		lines         int
		cells         int // in a line
		has, hasNot   []string
	}{
		{20, 8, 22, 9, []string{" 10000", " 9000", "[20 rows x 8 columns]"}, []string{"…"}},
		{21, 8, 23, 9, []string{" 9000", " 11000", "…", "[21 rows x 8 columns]"}, []string{" 10000"}},
		{20, 9, 22, 10, []string{"c3{}", "c5{}", "…", " 19008", "[20 rows x 9 columns]"}, []string{"c4{}", " 19004"}},
		{1000, 1000, 23, 10, []string{"c3{}", "c996{}", " 999999", "…", "[1000 rows x 1000 columns]"}, []string{"c4{}", "c995{}", " 10000 "}},
	} {
		text := grid(c.rows, c.columns).String()
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		same(t, len(lines), c.lines, "lines of", c.rows, c.columns)
		width := len([]rune(lines[0]))
		for i, line := range lines[:len(lines)-1] {
			cells := len(strings.Fields(line))
			if i > 0 && !strings.HasPrefix(strings.TrimSpace(line), "…") {
				cells-- // date and time are two words
			}
			same(t, cells, c.cells, "cells of line", i, line)
			same(t, len([]rune(line)), width, "width of line", i)
		}
		contains(t, errors.New(text), c.has...)
		for _, not := range c.hasNot {
			if strings.Contains(text, not) {
				t.Errorf("%q is in\n%s", not, text)
			}
		}
	}
}

func TestFrame_String_ReplacesControlCharacters(t *testing.T) {
	s := series("a\tb\nc\x1b[31m\x9b\u009b\u202e\u2028", 1, 2)
	s.Tags = map[string]string{"ключ": "zwölf €"}
	text := query.Output{Series: []query.Series{s}}.Frame().String()
	same(t, strings.Count(text, "\n"), 3)
	contains(t, errors.New(text), "a\ufffdb\ufffdc\ufffd[31m\ufffd\ufffd\ufffd\ufffd{ключ:zwölf €}\n")
}

func TestFrame_WriteCSV(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	same(t, b.String(), `time,"cpu{dc:ä, host:web1}",mem{}
2023-11-14T22:13:20Z,1.5,
2023-11-14T22:14:20Z,-2e-09,1.099511627776e+12
2023-11-14T22:15:20Z,+Inf,-Inf
`)
	b.Reset()
	if err := (&query.Frame{}).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	same(t, b.String(), "time\n")
}

func TestFrame_WriteCSV_RoundTrip(t *testing.T) {
	s := series("a\"b,\n\t", epoch+0.001, 0.1, epoch+0.25, math.MaxFloat64, epoch+1, math.SmallestNonzeroFloat64, epoch+2, 1.0/3)
	f := query.Output{Series: []query.Series{s}}.Frame()
	var b strings.Builder
	if err := f.In(time.FixedZone("", 3600)).WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	same(t, records[0], []string{"time", s.Name()})
	for i, record := range records[1:] {
		at, err := time.Parse(time.RFC3339, record[0])
		if err != nil || at.UnixMilli() != s.Timestamps[i] {
			t.Errorf("time %d is %v, %v", i, at, err)
		}
		v, err := strconv.ParseFloat(record[1], 64)
		if err != nil || v != s.Values[i] {
			t.Errorf("value %d is %v, %v", i, v, err)
		}
	}
}

// full is a writer that fails after a number of bytes, like a full disk.
type full int

var errFull = errors.New("no room")

func (f *full) Write(p []byte) (int, error) {
	if *f -= full(len(p)); *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFrame_WriteCSV_ReturnsWriteError(t *testing.T) {
	for _, room := range []full{0, 10, 5000, 20_000} {
		is(t, grid(1000, 10).WriteCSV(&room), errFull)
	}
}

func TestFrame_MarshalJSON(t *testing.T) {
	const want = `{"index":["2023-11-14T22:13:20Z","2023-11-14T22:14:20Z","2023-11-14T22:15:20Z"],"columns":[` +
		`{"name":"cpu{dc:ä, host:web1}","metric":"cpu","tags":{"dc":"ä","host":"web1"},"values":[1.5,-2e-09,"+Inf"]},` +
		`{"name":"mem{}","metric":"mem","tags":{},"values":[null,1.099511627776e+12,"-Inf"]}]}`
	marshals := func(v any, want string) {
		t.Helper()
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(text), want)
	}
	var _ json.Marshaler = sample()
	marshals(sample(), want)
	marshals(*sample(), want)
	marshals(map[string]query.Frame{"a": {}}, `{"a":{"index":[],"columns":[]}}`)
	marshals(query.Output{Series: []query.Series{{Metric: "m"}}}.Frame(), `{"index":[],"columns":[{"name":"m{}","metric":"m","tags":{},"values":[]}]}`)

	f := query.Output{Series: []query.Series{{Metric: "m", Timestamps: []int64{1 << 52}, Values: []float64{1}}}}.Frame()
	if _, err := json.Marshal(f); err == nil {
		t.Error("RFC 3339 has no year beyond 9999")
	}
}
