// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// An oracle decodes an answer with encoding/json. It agrees with the decoders on all JSON, except that the decoders reject:
//   - numbers that are out of the range of a float64, or longer than 4,096 bytes, in any place;
//   - skipped values that are nested deeper than 200.
//
// Keys are compared exactly, unlike in json.Unmarshal. If a key occurs twice, the last string or the last tags are used, and
// arrays are concatenated. A null is an empty array or object, or the value NaN. The bare words NaN, Infinity and -Infinity
// are accepted in place of any value.
type oracle struct {
	refused   bool
	undefined bool // the oracle does not define whether the answer is valid
}

type object []member

type member struct {
	key   string
	value any
}

// The bare words of Python's json are replaced by these numbers, which are out of the range of a float64.
const (
	oracleNaN      = "1e99999000001"
	oracleInfinity = "1e99999000002"
)

// withoutWords replaces the bare words outside strings.
func withoutWords(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i, quoted := 0, false; i < len(data); {
		rest := data[i:]
		word, number := "", ""
		switch {
		case quoted:
		case bytes.HasPrefix(rest, []byte("NaN")):
			word, number = "NaN", oracleNaN
		case bytes.HasPrefix(rest, []byte("Infinity")):
			word, number = "Infinity", oracleInfinity
		}
		if word != "" && !inNumber(data, i-1) && !inNumber(data, i+len(word)) {
			out = append(out, number...)
			i += len(word)
			continue
		}
		if data[i] == '"' {
			quoted = !quoted
		}
		if data[i] == '\\' && quoted && i+1 < len(data) {
			out = append(out, data[i])
			i++
		}
		out = append(out, data[i])
		i++
	}
	return out
}

// inNumber reports whether a byte beside a bare word would become a part of the number that
// replaces the word. The sign of -Infinity does not matter, because "-1e9" is a number as well.
func inNumber(data []byte, i int) bool {
	return i >= 0 && i < len(data) && bytes.IndexByte([]byte("0123456789.eE+"), data[i]) >= 0 ||
		i > 0 && i < len(data) && data[i] == '-' && bytes.IndexByte([]byte("0123456789.eE+-"), data[i-1]) >= 0
}

// parse returns JSON as a tree of object, []any, string, json.Number, bool and nil.
func (o *oracle) parse(data []byte) any {
	o.undefined = bytes.Contains(data, []byte("-NaN")) || bytes.Contains(data, []byte("99999000001")) || bytes.Contains(data, []byte("99999000002"))
	data = withoutWords(data)
	if !json.Valid(data) {
		o.refused = true
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return o.tree(d, 0)
}

func (o *oracle) tree(d *json.Decoder, depth int) any {
	token, err := d.Token()
	if err != nil {
		panic(err) // cannot happen: the text is valid
	}
	o.undefined = o.undefined || depth > 190
	switch token {
	case json.Delim('{'):
		all := object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				panic(err)
			}
			all = append(all, member{key.(string), o.tree(d, depth+1)})
		}
		_, _ = d.Token()
		return all
	case json.Delim('['):
		all := []any{}
		for d.More() {
			all = append(all, o.tree(d, depth+1))
		}
		_, _ = d.Token()
		return all
	}
	if n, ok := token.(json.Number); ok && !isWord(n) {
		o.number(n)
	}
	return token
}

func isWord(n json.Number) bool {
	return n == oracleNaN || n == oracleInfinity || n == "-"+oracleInfinity
}

func (o *oracle) refuse() { o.refused = true }

func (o *oracle) number(v any) float64 {
	n, ok := v.(json.Number)
	f, err := strconv.ParseFloat(string(n), 64)
	if !ok || err != nil || len(n) > 4096 {
		o.refuse()
	}
	return f
}

func (o *oracle) text(v any) string {
	s, ok := v.(string)
	if !ok {
		o.refuse()
	}
	return s
}

func (o *oracle) array(v any) []any {
	all, ok := v.([]any)
	if !ok && v != nil {
		o.refuse()
	}
	return all
}

func (o *oracle) object(v any) object {
	all, ok := v.(object)
	if !ok && v != nil {
		o.refuse()
	}
	return all
}

func (o *oracle) tags(v any) map[string]string {
	tags := map[string]string{}
	for _, m := range o.object(v) {
		tags[m.key] = o.text(m.value)
	}
	return tags
}

func (o *oracle) time(v any) int64 {
	f := o.number(v)
	if math.Abs(f) <= 9_999_999_999 {
		f *= 1000
	}
	if math.Abs(f) >= 1<<53 {
		o.refuse()
		return 0
	}
	return int64(math.Round(f))
}

func (o *oracle) value(v any) float64 {
	text, ok := v.(string)
	switch {
	case v == nil || text == "NaN":
		return math.NaN()
	case v == json.Number(oracleNaN):
		return math.NaN()
	case v == json.Number(oracleInfinity):
		return math.Inf(1)
	case v == json.Number("-"+oracleInfinity):
		return math.Inf(-1)
	case !ok:
		return o.number(v)
	case text == "+Inf" || text == "Inf":
		return math.Inf(1)
	case text == "-Inf":
		return math.Inf(-1)
	case !json.Valid([]byte(text)) || !bytes.ContainsRune([]byte("-0123456789"), rune(text[0])) || text[len(text)-1] <= ' ':
		o.refuse()
		return 0
	}
	return o.number(json.Number(text))
}

// point adds [time, value] to a series.
func (o *oracle) point(s *Series, v any, first, last int64) {
	pair, ok := v.([]any)
	if !ok || len(pair) != 2 {
		o.refuse()
		return
	}
	at, value := o.time(pair[0]), o.value(pair[1])
	if at >= first && at <= last {
		s.Timestamps, s.Values = append(s.Timestamps, at), append(s.Values, value)
	}
}

func (o *oracle) native(data []byte, first, last int64) *Result {
	result, found := &Result{}, false
	for _, m := range o.object(o.parse(data)) {
		if m.key != "outputs" {
			continue
		}
		found = true
		for _, v := range o.array(m.value) {
			var output Output
			for _, m := range o.object(v) {
				switch m.key {
				case "id":
					output.ID = o.text(m.value)
				case "result":
					for _, v := range o.array(m.value) {
						output.Series = append(output.Series, o.nativeSeries(v, first, last))
					}
				}
			}
			result.Outputs = append(result.Outputs, output)
		}
	}
	if !found {
		o.refuse()
	}
	return result
}

func (o *oracle) nativeSeries(v any, first, last int64) Series {
	var s Series
	for _, m := range o.object(v) {
		switch m.key {
		case "metric":
			s.Metric = o.text(m.value)
		case "tags":
			s.Tags = o.tags(m.value)
		case "dps":
			for _, p := range o.array(m.value) {
				o.point(&s, p, first, last)
			}
		}
	}
	return s
}

func (o *oracle) prometheus(data []byte) *matrix {
	m := &matrix{}
	m.Notes = o.envelope(data, func(v any) { o.data(m, v) })
	return m
}

func (o *oracle) list(data []byte) (l Listing[string]) {
	l.Notes = o.envelope(data, func(v any) { l.Items = append(l.Items, o.texts(v)...) })
	return l
}

// envelope reads the common part of Prometheus' answers.
func (o *oracle) envelope(data []byte, read func(any)) (n Notes) {
	status := ""
	for _, member := range o.object(o.parse(data)) {
		switch member.key {
		case "status":
			status = o.text(member.value)
		case "error", "errorType":
			if member.value != nil {
				o.text(member.value)
			}
		case "warnings":
			n.Warnings = append(n.Warnings, o.texts(member.value)...)
		case "infos":
			n.Infos = append(n.Infos, o.texts(member.value)...)
		case "isPartial":
			partial, ok := member.value.(bool)
			if !ok && member.value != nil {
				o.refuse()
			}
			n.Partial = partial
		case "data":
			read(member.value)
		}
	}
	if status != "success" {
		o.refuse()
	}
	return n
}

func (o *oracle) texts(v any) (all []string) {
	for _, text := range o.array(v) {
		all = append(all, o.text(text))
	}
	return all
}

func (o *oracle) data(m *matrix, v any) {
	kind, pair, series := "", false, false
	for _, member := range o.object(v) {
		switch member.key {
		case "resultType":
			switch kind = o.text(member.value); kind {
			case "matrix", "vector", "scalar":
			default:
				o.refuse()
			}
		case "result":
			pair, series = o.result(m, o.array(member.value))
		}
	}
	if kind == "" && (pair || series) || kind == "scalar" && !pair || kind != "scalar" && pair && !series {
		o.refuse()
	}
}

// result reads an array of series, or a scalar, which is [time, value].
func (o *oracle) result(m *matrix, elements []any) (pair, series bool) {
	if len(elements) == 0 {
		return false, false
	}
	if _, ok := elements[0].(object); ok {
		for _, e := range elements {
			o.prometheusSeries(m, e)
		}
		return false, true
	}
	if len(elements) != 2 {
		o.refuse()
		return false, false
	}
	m.series = append(m.series, Series{Timestamps: []int64{o.time(elements[0])}, Values: []float64{o.value(elements[1])}})
	return true, false
}

func (o *oracle) prometheusSeries(m *matrix, v any) {
	var s Series
	histograms := false
	for _, member := range o.object(v) {
		switch member.key {
		case "metric":
			s.Tags = o.tags(member.value)
		case "values":
			for _, p := range o.array(member.value) {
				o.point(&s, p, math.MinInt64, math.MaxInt64)
			}
		case "value":
			o.point(&s, member.value, math.MinInt64, math.MaxInt64)
		case "histogram", "histograms":
			histograms = true
		}
	}
	s.Metric = s.Tags["__name__"]
	delete(s.Tags, "__name__")
	if len(s.Values) > 0 || !histograms {
		m.series = append(m.series, s)
	}
}
