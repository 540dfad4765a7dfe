// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/query"
)

func TestReader_Formats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		format Format
		text   string
		want   []string
	}{
		{"no text", CSV, "", nil},
		{"header", CSV, "metric,timestamp,value\n", nil},
		{"columns", CSV, "metric,timestamp,value,host,dc\ncpu,1700000000,1.5,a,b\ncpu,1700000000123,2,a,\n", []string{
			"2 cpu{dc=b,host=a} 2023-11-14T22:13:20Z 1.5", "3 cpu{host=a} 2023-11-14T22:13:20.123Z 2",
		}},
		{"long form", CSV, "metric,host,time,value\ncpu,a,2023-11-14T23:13:20.5+01:00,1e+06\n", []string{"2 cpu{host=a} 2023-11-14T22:13:20.5Z 1000000.0"}},
		{"no times", CSV, "value, metric ,h\n 1 ,cpu,x\n", []string{"2 cpu{h=x} - 1"}},
		{"missing values", CSV, "metric,time,value\nm,1,NaN\nm,2,\nm,,3\nm,4,+Inf\n", []string{
			"2 m{} 1970-01-01T00:00:01Z -", "3 m{} 1970-01-01T00:00:02Z -", "4 m{} - 3", "5 m{} 1970-01-01T00:00:04Z infinite",
		}},
		{"keys that are columns", CSV, "metric,tag.metric,tag.time,tag.tag.time,timestamp,time,value\nm,a,b,c,d,5,1\n", []string{
			"2 m{metric=a,tag.time=b,time=c,timestamp=d} 1970-01-01T00:00:05Z 1",
		}},
		{"BOM, CR LF and blank lines", CSV, "\ufeffmetric,value\r\n\r\nm,1\r\n  \r\nn,2", []string{"3 m{} - 1", "5 n{} - 2"}},
		{"quotes", CSV, "metric,value,\"a,b\"\nm,1,\"x,\"\"y\"\"\nz\"\nn,\"2\",\n", []string{"2 m{a,b=x,\"y\"\nz} - 1", "4 n{} - 2"}},
		{"bad lines", CSV, "metric,time,value,h\nm,x,1,\nm,1,1\nm,1,one,\nm,1,1,a\"b\nm,1,\"1\"x,\nm,1,5,ok\n", []string{
			"line 2: \"x\" is not a time: must be seconds or milliseconds since 1970, or RFC 3339, such as 2026-03-05T14:00:00Z",
			"line 3: it has 3 cells, and the header has 4",
			"line 4: the value \"one\" is not a number",
			"line 5: column 8: bare \" in non-quoted-field",
			"line 6: column 7: extraneous or missing \" in quoted-field",
			"7 m{h=ok} 1970-01-01T00:00:01Z 5",
		}},
		{"a quotation mark that is not closed", CSV, "metric,value,h\nm,1,\"a\nm,2,b\n", []string{
			"line 2: a quotation mark is not closed within 13 bytes", "3 m{h=b} - 2",
		}},
		{"no header", CSV, "cpu,1700000000,1\ncpu,1700000001,1\n", []string{
			"fatal: line 1: \"cpu,1700000000,1\" is not a header with the columns metric and value, separated by commas; the lines after it cannot be read",
		}},
		{"header with a name twice", CSV, "metric,value,h,h\n", []string{"fatal: line 1: the header has an empty name, or \"h\" twice; the lines after it cannot be read"}},

		{"object", JSON, `{"metric":"m","timestamp":1700000000,"value":9007199254740993,"tags":{"h":"a"}}`, []string{"1 m{h=a} 2023-11-14T22:13:20Z 9007199254740993"}},
		{"lines", JSON, "\ufeff\r\n{\"metric\":\"m\",\"value\":1.0}\r\n\n{\"metric\":\"m\",\"timestamp\":\"1700000000\",\"value\":\"2\"}\n", []string{
			"2 m{} - 1.0", "4 m{} 2023-11-14T22:13:20Z 2",
		}},
		{"query's long form", JSON, `[{"metric":"m","tags":{"h":"a"},"time":"2023-11-14T22:13:20Z","value":null},{"metric":"m","tags":{},"time":"2023-11-14T22:13:20Z","value":2}]`, []string{
			"1 m{h=a} 2023-11-14T22:13:20Z -", "1 m{} 2023-11-14T22:13:20Z 2",
		}},
		{"arrays", JSON, "\ufeff[\n{\"metric\":\"}{\\\"[\",\"value\":1},\n\n {\"metric\":\n\"n\",\"value\":2}\n]\n[]\n[{\"metric\":\"o\",\"value\":3}]\n\n", []string{
			"2 }{\"[{} - 1", "4 n{} - 2", "8 o{} - 3",
		}},
		{"bad objects", JSON, `{"metric":"m"}
{"value":1,"tags":{"value":"1"}}
{"metric":"m","value":true}
{"metric":"m","value":1,"tag":{}}
{"metric":"m","value":1,"tags":{"port":80}}
{"metric":"m","value":1} {"metric":"m","value":1}
{"metric":"m","value":1
7
{"metric":"m","value":1,"time":1,"timestamp":1}
{"metric":"m","value":NaN}
{"metric":"m","value":1}`, []string{
			"line 1: the object has no value",
			"line 2: the object has no metric",
			"line 3: true is not a number",
			`line 4: it is not an object of the put protocol: json: unknown field "tag"`,
			"line 5: tags is not text, but number",
			"line 6: there is text after the object",
			"line 7: the object has no end",
			"line 8: it is not an object, but number",
			"line 9: the object has a time and a timestamp",
			"line 10: it is not an object of the put protocol: invalid character 'N' looking for beginning of value",
			"11 m{} - 1",
		}},
		{"a bad object of an array", JSON, `[{"metric":1,"value":1},{"metric":"m","value":1}]`, []string{"line 1: metric is not text, but number", "1 m{} - 1"}},
		{"an array that is cut off", JSON, "[{\"metric\":\"m\",\"value\":1},\n", []string{
			"1 m{} - 1", "fatal: line 1: the array has no end; the lines after it cannot be read",
		}},
		{"an object that is cut off", JSON, "[{\"metric\":\"m\",\"value\":1},\n{\"metric\"", []string{
			"1 m{} - 1", "fatal: line 1: the last object has no end; the lines after it cannot be read",
		}},
		{"an array without objects", JSON, "[1]", []string{`fatal: line 1: it is not an array of objects; the lines after it cannot be read`}},

		{"put", Telnet, "put cpu.load 1700000000 42 host=a  dc=b\r\nput cpu.load 1700000000.5 4.5 host==a\n\ncpu.load 1700000000123 -1e3 host=\n", []string{
			"1 cpu.load{dc=b,host=a} 2023-11-14T22:13:20Z 42", "2 cpu.load{host==a} 2023-11-14T22:13:20.5Z 4.5", "4 cpu.load{host=} 2023-11-14T22:13:20.123Z -1000.0",
		}},
		{"bad puts", Telnet, "put cpu 1\nput cpu now 1 h=a\nput cpu 17000000000000 1 h=a\nput cpu 1 1 h\nput cpu 1 1 h=a h=b\nversion\nput cpu 1 1 h=\xff\nput cpu 1 1 h=a h=a", []string{
			"line 1: it is not of the form put METRIC TIMESTAMP VALUE KEY=VALUE …",
			"line 2: \"now\" is not a time: must be seconds or milliseconds since 1970, or RFC 3339, such as 2026-03-05T14:00:00Z",
			"line 3: the time \"17000000000000\" has 14 digits: seconds have up to 10, milliseconds up to 13",
			"line 4: the tag \"h\" is not of the form KEY=VALUE",
			"line 5: the tag \"h\" has two values",
			"line 6: it is not of the form put METRIC TIMESTAMP VALUE KEY=VALUE …",
			"line 7: it is not UTF-8",
			"8 cpu{h=a} 1970-01-01T00:00:01Z 1",
		}},

		{"scrape", Prometheus, "# HELP h Help\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2 1700000000123\nh_sum 3.5\nh_count 2\n# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum{a=\"x\\\\\\\"\\n,} y\",} 4\nup +Inf\r\n{\"my.gauge\",\"b.c\"=\"d\"} 5\n", []string{
			"3 h_bucket{le=0.5} - 1.0", "4 h_bucket{le=+Inf} 2023-11-14T22:13:20.123Z 2.0", "5 h_sum{} - 3.5", "6 h_count{} - 2.0",
			"8 s{quantile=0.5} - -", "9 s_sum{a=x\\\"\n,} y} - 4.0", "10 up{} - infinite", "11 my.gauge{b.c=d} - 5.0",
		}},
		{"bad samples", Prometheus, "up\nup one\nup{a=\"b\" 1\nup{a=\"b\",a=\"c\"} 1\n1up 1\nup 1 now\nup 1\n", []string{
			"line 1: expected float as value, got \"\"",
			"line 2: expected float as value, got \"one\"",
			"line 3: unexpected end of label value \"b\"",
			"line 4: duplicate label names for metric \"up\"",
			"line 5: invalid metric name",
			"line 6: expected integer as timestamp, got \"now\"",
			"7 up{} - 1.0",
		}},
	} {
		t.Run(string(c.format)+" "+c.name, func(t *testing.T) {
			t.Parallel()
			got, places, sums := readAll(t, strings.NewReader(c.text), c.format)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			slow, slowPlaces, slowSums := readAll(t, &hesitant{r: strings.NewReader(c.text)}, c.format)
			if diff := cmp.Diff(got, slow) + cmp.Diff(places, slowPlaces) + cmp.Diff(sums, slowSums); diff != "" {
				t.Errorf("results (-complete text +byte by byte)\n%s", diff)
			}
		})
	}
}

// A line that is too long is skipped with an error, and is never completely in memory.
func TestReader_LongLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*MaxRecord)
	for _, c := range []struct {
		format Format
		text   string
		want   []string
	}{
		{Telnet, "put m 1 1 h=a\nput m 1 1 h=" + long + "\nput m 1 2 h=a\n", []string{
			"1 m{h=a} 1970-01-01T00:00:01Z 1", "line 2: it is longer than 1048576 bytes", "3 m{h=a} 1970-01-01T00:00:01Z 2",
		}},
		{Telnet, long, []string{"line 1: it is longer than 1048576 bytes"}},
		{Prometheus, "# " + long + "\nup 1\n", []string{"line 1: it is longer than 1048576 bytes", "2 up{} - 1.0"}},
		{CSV, "metric,value,h\nm,1," + long + "\nm,2,a\n", []string{"line 2: it is longer than 1048576 bytes", "3 m{h=a} - 2"}},
		{CSV, "metric,value,h\nm,1,\"a\n" + strings.Repeat("m,2,b\n", MaxRecord/6) + "m,3,c\n", nil},
		{JSON, "{\"metric\":\"" + long + "\"}\n{\"metric\":\"m\",\"value\":1}", []string{"line 1: it is longer than 1048576 bytes", "2 m{} - 1"}},
		{JSON, "[{\"metric\":\"" + long + "\"}]", []string{"fatal: line 1: it is longer than 1048576 bytes; the lines after it cannot be read"}},
	} {
		r := NewReader(strings.NewReader(c.text), c.format)
		got, _, _ := readAll(t, struct{ io.Reader }{strings.NewReader(c.text)}, c.format)
		if c.want == nil { // the expected results are an error and many points
			if want := MaxRecord/6 + 2; len(got) != want || got[0] != "line 2: a quotation mark is not closed within 1048576 bytes" {
				t.Errorf("%d results, want %d; the first one %s", len(got), want, got[0])
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.format, diff)
		}
		for {
			if _, err := r.Next(); errors.Is(err, io.EOF) || r.failed != nil {
				break
			}
		}
		if len(r.memory) > 3*MaxRecord {
			t.Errorf("%s: a buffer of %d bytes", c.format, len(r.memory))
		}
	}
}

// The last line before an error of the input is dropped, because it may be incomplete and have a wrong
// value.
func TestReader_DropsTheLineThatAnErrorCutsOff(t *testing.T) {
	t.Parallel()
	failure := errors.New("corrupt")
	for f, text := range map[Format]string{
		Telnet: "put m 1 1 h=a\nput m 2 12", Prometheus: "m{h=\"a\"} 1 1000\nm 1", CSV: "metric,h,time,value\nm,a,1,1\nm,a,1,12",
		JSON: "{\"metric\":\"m\",\"tags\":{\"h\":\"a\"},\"time\":1,\"value\":1}\n{\"metric\":\"m\",\"value\":1}",
	} {
		r := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(failure)), f)
		if p, err := r.Next(); err != nil || p.Metric != "m" {
			t.Errorf("%s: %v, %v", f, p, err)
		}
		for range 2 {
			if p, err := r.Next(); !errors.Is(err, failure) {
				t.Errorf("%s: %v, %v", f, p, err)
			}
		}
	}
}

// Reading the long form of package query returns the same series, times and values.
func TestReader_ReadsTheLongFormOfQuery(t *testing.T) {
	t.Parallel()
	o := query.Output{Series: []query.Series{
		{Metric: "cpu", Tags: map[string]string{"host": "a \"b\",\n", "time": "noon", "value": "v", "metric": "m", "tag.value": "w"}, Timestamps: []int64{1700000000000, 1700000000500}, Values: []float64{1, -2.5e-7}},
		{Metric: "mem", Tags: map[string]string{"timestamp": "x"}, Timestamps: []int64{1700000000001}, Values: []float64{1e300}},
	}}
	zone := time.FixedZone("", 5*3600+1800)
	var text strings.Builder
	if err := o.Long().In(zone).WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	asJSON, err := o.Long().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for row := range o.Long().Rows() {
		p := Point{Metric: row.Metric, Tags: row.Tags, Time: row.Time}
		if err := p.setValue(fmt.Sprint(row.Value)); err != nil {
			t.Fatal(err)
		}
		want = append(want, strings.TrimPrefix(show(p), "0 "))
	}
	for f, text := range map[Format]string{CSV: text.String(), JSON: string(asJSON)} {
		got, _, _ := readAll(t, strings.NewReader(text), f)
		for i := range got {
			_, got[i], _ = strings.Cut(got[i], " ")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", f, diff)
		}
	}
}

// After Skip to a position between two points, a Reader reads the points after this position.
func TestReader_Skip(t *testing.T) {
	t.Parallel()
	for f, text := range texts() {
		all, places, sums := readAll(t, strings.NewReader(text), f)
		for i, place := range places {
			r := NewReader(&hesitant{r: strings.NewReader(text)}, f)
			err := errPassing
			for errors.Is(err, errPassing) {
				err = r.Skip(place, sums[i])
			}
			if err != nil {
				t.Errorf("%s: to %v: %v", f, place, err)
				continue
			}
			var rest []string
			for {
				p, err := r.Next()
				var line *LineError
				if errors.Is(err, io.EOF) {
					break
				}
				switch {
				case err == nil:
					rest = append(rest, show(p))
				case errors.As(err, &line):
					rest = append(rest, err.Error())
				}
			}
			if diff := cmp.Diff(all[min(i+1, len(all)):], append([]string{}, rest...)); diff != "" {
				t.Errorf("%s: after %v (-want +got)\n%s", f, place, diff)
			}
		}
	}
}

func TestReader_SkipRefusesOtherText(t *testing.T) {
	t.Parallel()
	for f, text := range texts() {
		_, places, sums := readAll(t, strings.NewReader(text), f)
		place, sum := places[1], sums[1]
		if err := NewReader(strings.NewReader(text+text), f).Skip(place, sum); err != nil {
			t.Errorf("%s: additional text after the position: %v", f, err)
		}
		for name, other := range map[string]string{
			"less text": text[:place.Offset-1], "none": "", "another letter": strings.Replace(text, "m", "n", 1), "in other lines": "\n" + text,
		} {
			if err := NewReader(strings.NewReader(other), f).Skip(place, sum); err == nil {
				t.Errorf("%s: Skip accepts a different text: %s", f, name)
			}
		}
	}
}

// texts returns a text with two points and an invalid line in each format.
func texts() map[Format]string {
	return map[Format]string{
		CSV:        "\ufeff\r\n\nmetric,time,value,h\r\nm,1,1,\"a\nb\"\r\n\r\nm,2,x,\nm,3,3,c",
		JSON:       "[{\"metric\":\"m\",\"value\":1},\n{\"metric\":\"m\",\"value\":\"x\"}\n,{\"metric\":\"m\",\"value\":3}]\n",
		Telnet:     "put m 1 1 h=a\nput m 2 x h=a\n\nput m 3 3 h=a\n",
		Prometheus: "# TYPE m gauge\nm 1\nm x\nm 3",
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       Format
	}{
		{"a.CSV", "put", CSV},
		{"a.csv.gz", "", CSV},
		{"dir.csv/a.jsonl", "", JSON},
		{"a.ndjson", "", JSON},
		{"a.json.GZ", "", JSON},
		{"a.prom", "", Prometheus},
		{"a.txt", "", ""},
		{"-", "hello world and more", ""},
		{"-", "time,value\n", ""},
		{"-", "\ufeff\r\nmetric,timestamp,value\r\n", CSV},
		{"-", "\"metric\",value", CSV},
		{"-", "host,metric,value", CSV},
		{"-", `{"metric":"m"}`, JSON},
		{"-", "[\n{\"value\":1}]", JSON},
		{"-", "{\n", JSON},
		{"-", "[{\"tags\":{}}]", JSON},
		{"-", "put m 1 2 h=a", Telnet},
		{"-", "sys.cpu 1700000000 2 h=a", Telnet},
		{"-", "# HELP x y", Prometheus},
		{"-", "up 1", Prometheus},
		{"-", "up{a=\"b c\"} 1 1700000000000", Prometheus},
		{"-", "{\"a.b\",c=\"d\"} 1", Prometheus},
		{"-", "up 1700000000 2", ""}, // ambiguous: a put line without tags, or a sample with a time in 1970
	} {
		got, err := Detect(c.name, []byte(c.text))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s, %q: %q, %v; want %q", c.name, c.text, got, err, c.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "1970-01-01T00:00:00Z", "9999999999": "2286-11-20T17:46:39Z", "10000000000": "1970-04-26T17:46:40Z", "1700000000123": "2023-11-14T22:13:20.123Z",
		"1700000000.25": "2023-11-14T22:13:20.25Z", "1700000000.": "2023-11-14T22:13:20Z", "1700000000.123456789": "2023-11-14T22:13:20.123456789Z",
		"2026-03-05T14:00:00+01:00": "2026-03-05T13:00:00Z", "2026-03-05T14:00:00.5Z": "2026-03-05T14:00:00.5Z",
		"17000000000000": "", "1700000000123.5": "", "1700000000.1234567890": "", "1.2.3": "", "-1": "", "": "", "2026-03-05": "", "2026-03-05T14:00:00": "", "1e9": "", ".5": "",
	} {
		got, err := ParseTime(text)
		if shown := got.UTC().Format(time.RFC3339Nano); want == "" && err == nil || want != "" && (err != nil || shown != want) {
			t.Errorf("%q: %s, %v; want %q", text, shown, err, want)
		}
	}
}
