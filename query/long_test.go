// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

func longSample() *query.Long {
	a := series("cpu", epoch, 1.5, epoch+60, nan)
	a.Tags = map[string]string{"host": "web,1", "dc": "ä"}
	b := series("mem", epoch+60, math.Inf(-1), epoch+0.25, math.Inf(1))
	b.Tags = map[string]string{"host": "web2", "time": "x"}
	return query.Output{Series: []query.Series{a, series("none"), b}}.Long()
}

func TestLong_Rows(t *testing.T) {
	l := longSample()
	same(t, l.TagKeys, []string{"dc", "host", "time"})
	same(t, l.Len(), 4)
	var got []query.Row
	for r := range l.Rows() {
		got = append(got, r)
	}
	web1, web2 := map[string]string{"host": "web,1", "dc": "ä"}, map[string]string{"host": "web2", "time": "x"}
	same(t, got, []query.Row{
		{"cpu", web1, at(epoch).UTC(), 1.5},
		{"cpu", web1, at(epoch + 60).UTC(), nan},
		{"mem", web2, at(epoch + 60).UTC(), math.Inf(-1)},
		{"mem", web2, time.UnixMilli(epoch*1000 + 250).UTC(), math.Inf(1)},
	})
	for range l.Rows() {
		break
	}
}

func TestFrame_Long(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	f := query.Join(frameOf(series("a", 1, 10, 2, nan)), frameOf(series("a", 2, 21))).In(zone)
	var text strings.Builder
	if err := f.Long().WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	same(t, text.String(), "metric,time,value\na,1970-01-01T01:00:01+01:00,10\na,1970-01-01T01:00:02+01:00,21\n")
	same(t, f.Long().Location().String(), "CET")
	same(t, query.Frame{}.Long().Len(), 0)
}

func TestLong_WriteCSV(t *testing.T) {
	var text strings.Builder
	if err := longSample().In(time.FixedZone("CET", 3600)).WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	same(t, text.String(), strings.Join([]string{
		"metric,dc,host,tag.time,time,value",
		`cpu,ä,"web,1",,2023-11-14T23:13:20+01:00,1.5`,
		`cpu,ä,"web,1",,2023-11-14T23:14:20+01:00,NaN`,
		"mem,,web2,x,2023-11-14T23:14:20+01:00,-Inf",
		"mem,,web2,x,2023-11-14T23:13:20.25+01:00,+Inf",
		"",
	}, "\n"))
	if rows, err := csv.NewReader(strings.NewReader(text.String())).ReadAll(); err != nil || len(rows) != 5 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	err := longSample().WriteCSV(failing{})
	is(t, err, errBroken)
}

var errBroken = errors.New("broken pipe")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errBroken }

func TestLong_MarshalJSON(t *testing.T) {
	text, err := json.Marshal(longSample())
	if err != nil {
		t.Fatal(err)
	}
	same(t, string(text), `[{"metric":"cpu","tags":{"dc":"ä","host":"web,1"},"time":"2023-11-14T22:13:20Z","value":1.5},`+
		`{"metric":"cpu","tags":{"dc":"ä","host":"web,1"},"time":"2023-11-14T22:14:20Z","value":null},`+
		`{"metric":"mem","tags":{"host":"web2","time":"x"},"time":"2023-11-14T22:14:20Z","value":"-Inf"},`+
		`{"metric":"mem","tags":{"host":"web2","time":"x"},"time":"2023-11-14T22:13:20.25Z","value":"+Inf"}]`)
	text, err = json.Marshal(query.Output{}.Long())
	same(t, string(text), "[]")
	is(t, err, nil)
}

func TestLong_String(t *testing.T) {
	same(t, longSample().String(), strings.Join([]string{
		"  metric  dc   host  tag.time                      time  value",
		"     cpu   ä  web,1            2023-11-14 22:13:20.000Z    1.5",
		"     cpu   ä  web,1            2023-11-14 22:14:20.000Z    NaN",
		"     mem       web2         x  2023-11-14 22:14:20.000Z   -Inf",
		"     mem       web2         x  2023-11-14 22:13:20.250Z   +Inf",
		"[4 rows x 5 columns]",
		"",
	}, "\n"))
	long := query.Output{Series: []query.Series{series("a\x1b[2J"), series("b")}}
	for i := range 100 {
		s := &long.Series[i/50]
		s.Timestamps, s.Values = append(s.Timestamps, int64(i)*1000), append(s.Values, float64(i))
	}
	text := long.Long().String()
	contains(t, errors.New(text), "00:00:09Z", "…", "00:01:30Z", "[100 rows x 2 columns]", "a\uFFFD[2J")
	if strings.Contains(text, "00:00:10Z") || strings.Contains(text, "00:01:29Z") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
	same(t, query.Output{}.Long().String(), "  metric  time  value\n[0 rows x 2 columns]\n")
}

// Tags can have the names of other columns, and of renamed tags.
func TestLong_Header(t *testing.T) {
	s := series("a")
	s.Tags = map[string]string{"time": "", "tag.time": "", "tag.tag.time": "", "value": "", "metric": "", "x": ""}
	same(t, query.Output{Series: []query.Series{s}}.Long().Header(), []string{
		"metric", "tag.metric", "tag.tag.time", "tag.time", "tag.tag.tag.time", "tag.value", "x", "time", "value",
	})
}
