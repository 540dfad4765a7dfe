// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
)

// number is a number in the common form of Python's and Go's JSON.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte(`{"$float":"nan"}`), nil
	case math.IsInf(f, 0):
		return fmt.Appendf(nil, `{"$float":"%v"}`, f), nil
	default:
		text := strconv.AppendFloat(nil, f, 'g', -1, 64)
		if !bytes.ContainsAny(text, ".e") {
			text = append(text, ".0"...) // without it, it is an int of Python
		}
		return text, nil
	}
}

// given is a point that a program passes. Timestamp and value are JSON texts, because Python accepts not
// only numbers.
type given struct {
	Metric    string            `json:"metric"`
	Tags      map[string]string `json:"tags"`
	Timestamp json.RawMessage   `json:"timestamp"`
	Value     any               `json:"value"`
}

// series is a series that a program passes.
type series struct {
	Metric     string            `json:"metric"`
	Tags       map[string]string `json:"tags"`
	Timestamps []int64           `json:"timestamps"`
	Values     []any             `json:"values"` // numbers, or ints
	// Add adds the points one by one.
	Add bool `json:"add"`
}

// sending is a case: points or series, sent by a client to a server.
type sending struct {
	name   string
	env    map[string]string
	points []given
	series []series
	// encoded decodes encoded names, as apptuit-py's reporter does.
	encoded bool

	mode         string // of sanitizing; "" is the default, "None" Python's None
	tags         map[string]string
	withoutEnv   bool // without the tags of the environment
	withoutToken bool
	endpoint     string // added to the server's; "default" is none
	milliseconds bool   // of our timestamps
	deflate      bool   // compress with zlib, as apptuit-py does
	python       map[string]any

	faults  []apptuittest.Fault
	retries int
	timeout time.Duration
}

const at = 1_700_000_000

// one returns a point with a metric and tags.
func one(metric string, tags map[string]string) given {
	return given{Metric: metric, Tags: tags, Timestamp: json.RawMessage(strconv.Itoa(at)), Value: number(1)}
}

// valued returns a point with a value.
func valued(value any) given {
	p := one("m", map[string]string{"k": "v"})
	p.Value = value
	return p
}

// timed returns a point with a timestamp in JSON.
func timed(timestamp string) given {
	p := one("m", map[string]string{"k": "v"})
	p.Timestamp = json.RawMessage(timestamp)
	return p
}

// manyTags returns n tags.
func manyTags(prefix string, n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("%s%02d", prefix, i)] = strconv.Itoa(i)
	}
	return tags
}

// inPython sends the points or series of a case with apptuit-py.
func (s *sending) inPython(t *testing.T, py *python, server *recorder) *outcome {
	t.Helper()
	client := map[string]any{"token": token, "api_endpoint": server.URL + s.endpoint}
	if s.withoutToken {
		delete(client, "token")
	}
	if s.endpoint == "default" {
		delete(client, "api_endpoint")
	}
	switch s.mode {
	case "":
	case "None":
		client["sanitize_mode"] = nil
	default:
		client["sanitize_mode"] = s.mode
	}
	if s.tags != nil {
		client["global_tags"] = s.tags
	}
	if s.withoutEnv {
		client["ignore_environ_tags"] = true
	}
	maps.Copy(client, s.python)
	arguments := map[string]any{"env": s.env, "client": client, "points": s.points, "encoded": s.encoded, "retry_count": s.retries}
	if s.series != nil {
		arguments["series"] = s.series
	}
	if s.timeout != 0 {
		arguments["timeout"] = s.timeout.Seconds()
	}
	server.Fail(s.faults...)
	var result struct{ Setup, Send *raised }
	py.result(t, "send", arguments, &result)

	o := collect(server)
	switch e := result.Send; {
	case result.Setup != nil:
		o.Facts["client"] = "refused"
	case e == nil:
	case e.Type == "ApptuitSendException":
		o.failure(e.Status, e.Success, e.Failed, e.Listed)
	case len(o.Sent) == 0 && o.Facts["requests"] == "":
		o.Facts["refused points"] = strconv.Itoa(s.count())
	default:
		o.Facts["raised"] = e.Type
	}
	return o
}

// count returns the number of points of the case.
func (s *sending) count() int {
	n := len(s.points)
	for _, one := range s.series {
		n += len(one.Values)
	}
	return n
}

// inGo sends the points or series of a case with this library.
func (s *sending) inGo(t *testing.T, server *recorder) *outcome {
	t.Helper()
	for name, value := range s.env {
		t.Setenv(name, value)
	}
	options := []apptuitclient.Option{
		apptuitclient.WithRetry(apptuitclient.RetryConfig{
			Enabled: s.retries > 0, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: 10 * time.Second,
		}),
		apptuitclient.WithWarningHandler(func(error) {}), // about deprecated variables
	}
	if !s.withoutToken {
		options = append(options, apptuitclient.WithToken(token))
	}
	if s.endpoint != "default" {
		options = append(options, apptuitclient.WithEndpoint(server.URL+s.endpoint))
	}
	if s.mode != "" {
		mode, err := encoding.ParseSanitizeMode(s.mode)
		if err != nil {
			t.Fatal(err)
		}
		options = append(options, apptuitclient.WithSanitizeMode(mode))
	}
	if s.tags != nil {
		options = append(options, apptuitclient.WithTags(s.tags))
	}
	if s.withoutEnv {
		options = append(options, apptuitclient.WithoutEnvironmentTags())
	}
	if s.milliseconds {
		options = append(options, apptuitclient.WithTimestampResolution(time.Millisecond))
	}
	if s.deflate {
		options = append(options, apptuitclient.WithCompression(apptuitclient.CompressionDeflate))
	}
	if s.encoded {
		options = append(options, apptuitclient.WithEncodedNames())
	}
	if s.timeout != 0 {
		options = append(options, apptuitclient.WithTimeout(s.timeout))
	}
	server.Fail(s.faults...)
	client, err := apptuitclient.New(options...)
	if err != nil {
		o := collect(server)
		o.Facts["client"] = "refused"
		return o
	}
	defer client.Close()
	if s.series != nil {
		err = client.SendTimeSeries(t.Context(), s.goSeries(t))
	} else {
		err = client.Send(t.Context(), s.goPoints(t))
	}

	o := collect(server)
	var failed *apptuitclient.SendError
	switch {
	case err == nil:
	case !errors.As(err, &failed):
		o.Facts["raised"] = err.Error()
	default:
		refused := 0
		for _, p := range failed.Errors {
			if p.Unwrap() != nil {
				refused++
			}
		}
		if refused > 0 {
			o.Facts["refused points"] = strconv.Itoa(refused)
		}
		if failed.Failed > refused {
			o.failure(failed.StatusCode, failed.Successful, failed.Failed-refused, len(failed.Errors)-refused)
		}
	}
	return o
}

// goPoints returns the points of a case for our client.
func (s *sending) goPoints(t *testing.T) []apptuitclient.DataPoint {
	t.Helper()
	var points []apptuitclient.DataPoint
	for _, p := range s.points {
		seconds, err := strconv.ParseFloat(strings.Trim(string(p.Timestamp), `"`), 64)
		if err != nil {
			t.Fatal(err)
		}
		timestamp := time.UnixMicro(int64(seconds * 1e6))
		if s.milliseconds {
			timestamp = time.UnixMilli(int64(seconds))
		}
		points = append(points, apptuitclient.DataPoint{Metric: p.Metric, Tags: p.Tags, Timestamp: timestamp, Value: goValue(t, p.Value)})
	}
	return points
}

// goValue returns the float64 that a Go program passes for a value.
func goValue(t *testing.T, value any) float64 {
	t.Helper()
	switch value := value.(type) {
	case number:
		return float64(value)
	case int:
		return float64(value)
	case bool:
		if value {
			return 1
		}
		return 0
	case json.RawMessage: // a number as it is written
		f, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return math.NaN() // a program has no other value for a text that it cannot parse
		}
		return f
	default:
		return math.NaN()
	}
}

func (s *sending) goSeries(t *testing.T) []apptuitclient.TimeSeries {
	t.Helper()
	var all []apptuitclient.TimeSeries
	for _, one := range s.series {
		ts := apptuitclient.TimeSeries{Metric: one.Metric, Tags: one.Tags}
		for i, seconds := range one.Timestamps {
			ts.AddPoint(time.Unix(seconds, 0), goValue(t, one.Values[i]))
		}
		all = append(all, ts)
	}
	return all
}

// collect returns the points at the server as an outcome.
func collect(server *recorder) *outcome {
	requests, stored := server.take()
	o := newOutcome()
	o.Stored = stored
	for _, r := range requests {
		o.Sent = append(o.Sent, r.Points...)
		if r.Invalid != "" {
			o.Facts["invalid body"] = r.Invalid
		}
	}
	if len(requests) > 0 {
		o.Facts["requests"] = strconv.Itoa(len(requests))
	}
	return o
}

// failure describes an error of a request.
func (o *outcome) failure(status, successful, failed, listed int) {
	o.Facts["status"] = strconv.Itoa(status)
	o.Facts["successful"] = strconv.Itoa(successful)
	o.Facts["failed"] = strconv.Itoa(failed)
	o.Facts["listed errors"] = strconv.Itoa(listed)
}

// run compares the outcomes of a case.
func (s *sending) run(t *testing.T, c *comparison, py *python, server *recorder) {
	t.Helper()
	theirs := s.inPython(t, py, server)
	var ours *outcome
	t.Run(s.name, func(t *testing.T) { // takes back the variables
		ours = s.inGo(t, server)
	})
	if ours == nil {
		c.partial = true
		return
	}
	c.check(s.name, &resending{s, t, py, server}, theirs, ours)
}

// resending is the input of a difference: the case, and functions that send it again in another way.
type resending struct {
	*sending
	t      *testing.T
	py     *python
	server *recorder
}

// pointByPoint returns the outcome in Python with a separate call for each point.
func (r *resending) pointByPoint() *outcome {
	all := newOutcome()
	requests, refused := 0, 0
	for _, p := range r.points {
		single := *r.sending
		single.points = []given{p}
		o := single.inPython(r.t, r.py, r.server)
		all.Sent = append(all.Sent, o.Sent...)
		all.Stored = append(all.Stored, o.Stored...)
		requests += len(o.Sent)
		if o.Facts["refused points"] != "" {
			refused++
		}
	}
	if requests > 0 {
		all.Facts["requests"] = "1"
	}
	if refused > 0 {
		all.Facts["refused points"] = strconv.Itoa(refused)
	}
	return all
}

// TestSend compares the points that arrive, and the points that are refused.
func TestSend(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "points")
	for _, s := range slices.Concat(namedPoints(), taggedPoints(), numberedPoints(), manyPoints(), encodedPoints(), allSeries()) {
		s.run(t, c, py, server)
	}
}

// namedPoints returns points with unusual metrics and tag keys, in each mode.
func namedPoints() []sending {
	var all []sending
	for _, mode := range []string{"", "prometheus", "apptuit", "None"} {
		for _, name := range slices.Concat([]string{""}, odd()) {
			all = append(all,
				sending{name: fmt.Sprintf("metric %.40q in mode %s", name, mode), mode: mode, points: []given{one(name, map[string]string{"k": "v"})}},
				sending{name: fmt.Sprintf("key %.40q in mode %s", name, mode), mode: mode, points: []given{one("m", map[string]string{name: "v", "k": "w"})}},
			)
		}
	}
	for _, value := range slices.Concat([]string{""}, odd()) {
		all = append(all, sending{name: fmt.Sprintf("value %.40q", value), points: []given{one("m", map[string]string{"k": value, "l": "w"})}})
	}
	return append(all,
		sending{name: "two keys that become one", points: []given{one("m", map[string]string{"a.b": "first", "a_b": "second"})}},
		sending{name: "three keys that become one", points: []given{one("m", map[string]string{"a.b": "1", "a-b": "2", "a_b": "3", "c": "4"})}},
		sending{name: "two keys that differ in a number, in mode apptuit", mode: "apptuit", points: []given{one("m", map[string]string{"area_m³": "3", "area_m²": "2", "n": "1"})}},
		sending{name: "two metrics that differ in a digit, in mode apptuit", mode: "apptuit", points: []given{one("m٢", map[string]string{"k": "1"}), one("m٣", map[string]string{"k": "2"})}},
		sending{name: "a global key with a digit in mode apptuit", mode: "apptuit", tags: map[string]string{"٣": "global"}, points: []given{one("m", map[string]string{"k": "v"})}},
		sending{name: "a global key with a digit in mode none", mode: "None", tags: map[string]string{"k٣": "global"}, points: []given{one("m", map[string]string{"k": "v"})}},
		sending{name: "two keys that become one in mode apptuit", mode: "apptuit", points: []given{one("m", map[string]string{"a b": "1", "a_b": "2"})}},
		sending{name: "a key of the point that becomes a global one", tags: map[string]string{"a_b": "global"}, points: []given{one("m", map[string]string{"a.b": "own"})}},
		sending{name: "a global key that becomes one of the point", tags: map[string]string{"a.b": "global"}, points: []given{one("m", map[string]string{"a_b": "own"})}},
		sending{name: "an empty value only", points: []given{one("m", map[string]string{"k": ""})}},
		sending{name: "an empty value over a global one", tags: map[string]string{"k": "global", "l": "other"}, points: []given{one("m", map[string]string{"k": ""})}},
	)
}

// taggedPoints returns points with tags of several sources.
func taggedPoints() []sending {
	type tags = map[string]string
	variable := func(name, value string) map[string]string { return map[string]string{name: value} }
	var all []sending
	// Every combination of three sources, with keys of their own and a common one.
	for n := range 16 {
		s := sending{name: fmt.Sprintf("sources %04b", n), points: []given{one("m", nil)}}
		if n&1 != 0 {
			s.points[0].Tags = tags{"k": "point", "point": "1"}
		}
		if n&2 != 0 {
			s.tags = tags{"k": "global", "global": "1"}
		}
		if n&4 != 0 {
			s.env = variable("APPTUIT_TAGS", "k: environment, environment: 1")
		}
		s.withoutEnv = n&8 != 0
		all = append(all, s)
	}
	for _, names := range [][2]string{{"APPTUIT_TAGS", "APPTUIT_PY_TAGS"}, {"APPTUIT_PY_TAGS", "APPTUIT_TAGS"}} {
		all = append(all,
			sending{name: names[0] + " alone", env: variable(names[0], "k:v"), points: []given{one("m", nil)}},
			sending{name: names[0] + " and an empty " + names[1], env: tags{names[0]: "k:v", names[1]: ""}, points: []given{one("m", nil)}},
			sending{name: names[0] + " and " + names[1], env: tags{names[0]: "k:first", names[1]: "k:second,l:w"}, points: []given{one("m", nil)}},
		)
	}
	for _, text := range []string{"k:v", " k : v , ", "k1:v1,k2:v2,", ",,", "k", "k:v:w", "a b:c", "k:", ":v", "é:ü", "a.b:c", "k:a b c", "٣:x", "m²:x", "k:٣"} {
		all = append(all, sending{name: fmt.Sprintf("APPTUIT_TAGS=%q", text), env: variable("APPTUIT_TAGS", text), points: []given{one("m", tags{"p": "1"})}})
	}
	all = append(all,
		sending{name: "empty global tags", tags: tags{}, env: variable("APPTUIT_TAGS", "k:v"), points: []given{one("m", nil)}},
		sending{name: "invalid APPTUIT_TAGS that nobody uses", tags: tags{"k": "v"}, env: variable("APPTUIT_TAGS", "nonsense"), points: []given{one("m", nil)}},
		sending{name: "invalid APPTUIT_TAGS that are ignored", withoutEnv: true, env: variable("APPTUIT_TAGS", "nonsense"), points: []given{one("m", tags{"k": "v"})}},
		sending{name: "no tags", points: []given{one("m", nil)}},
		sending{name: "empty tags", points: []given{one("m", tags{})}},
		sending{name: "an empty global value", tags: tags{"k": "", "l": "v"}, points: []given{one("m", tags{"p": "1"})}},
		sending{name: "an invalid global key in mode none", mode: "None", tags: tags{"a b": "c"}, points: []given{one("m", tags{"p": "1"})}},
	)
	for _, n := range []int{1, 2, 8, 9, 24, 25, 26, 30} {
		all = append(all,
			sending{name: fmt.Sprintf("%d tags of the point", n), points: []given{one("m", manyTags("p", n))}},
			sending{name: fmt.Sprintf("%d global tags", n), tags: manyTags("g", n), points: []given{one("m", nil)}},
			sending{name: fmt.Sprintf("%d global tags and one", n), tags: manyTags("g", n), points: []given{one("m", tags{"p": "1"})}},
			sending{name: fmt.Sprintf("%d tags, all of them also global", n), tags: manyTags("p", n), points: []given{one("m", manyTags("p", n))}},
			sending{name: fmt.Sprintf("%d tags in mode none", n), mode: "None", points: []given{one("m", manyTags("p", n))}},
			sending{name: fmt.Sprintf("%d tags of the environment", n), env: variable("APPTUIT_TAGS", joined(manyTags("e", n))), points: []given{one("m", nil)}},
		)
	}
	over := manyTags("p", 24)
	over["a.b"], over["a_b"] = "1", "2"
	emptied := manyTags("p", 25)
	emptied["empty"] = ""
	return append(all,
		sending{name: "26 tags, two of which become one", points: []given{one("m", over)}},
		sending{name: "26 tags, one of which is empty", points: []given{one("m", emptied)}},
	)
}

// joined returns tags in the form of the environment variable.
func joined(tags map[string]string) string {
	var items []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		items = append(items, key+": "+tags[key])
	}
	return strings.Join(items, ", ")
}

// numberedPoints returns points with unusual values and timestamps.
func numberedPoints() []sending {
	var all []sending
	for _, f := range []float64{
		0, 1, -1, 2, 10, 100, 1e5, 1e6, 1e15, 1e16, 1e17, 1e20, 1e21, 1e22, 1e100, 0.1, 0.5, 1.5, -0.25, 1e-4, 1e-5, 1e-6, 1e-7, 1e-10, 1.0 / 3, math.Pi, 123456789.125, 97.5, 21.55, 9007199254740991, 9007199254740992, 9007199254740994,
		1 << 62, -(1 << 62), math.MaxInt64, math.MinInt64, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 2.2250738585072014e-308, math.Copysign(0, -1), 5e-324, 1.7976931348623157e308, 999999999999999.9, 0.30000000000000004, 100000000000000.1,
		math.NaN(), math.Inf(1), math.Inf(-1),
	} {
		all = append(all, sending{name: fmt.Sprintf("value %v", f), points: []given{valued(number(f))}})
	}
	for _, whole := range []string{"0", "1", "-1", "42", "1000000", "9007199254740993", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "123456789012345678901234567890"} {
		all = append(all, sending{name: "integer " + whole, points: []given{valued(json.RawMessage(whole))}})
	}
	for _, value := range []any{true, false, "1.5", "1e3", " 2 ", "x", "", "nan", "inf", nil} {
		all = append(all, sending{name: fmt.Sprintf("value %#v", value), points: []given{valued(value)}})
	}
	for _, seconds := range []string{"1", "1000000000", "1700000000", "2147483647", "2147483648", "4294967296", "9999999999"} {
		all = append(all, sending{name: "timestamp " + seconds, points: []given{timed(seconds)}})
	}
	for _, odd := range []string{"0", "-1", "-1700000000", "1700000000.0", "1700000000.25", "1700000000.75", "0.5", "10000000000", "99999999999999"} {
		all = append(all, sending{name: "timestamp " + odd, points: []given{timed(odd)}})
	}
	for _, milliseconds := range []string{"1700000000000", "1700000000123", "10000000000", "9999999999999"} {
		all = append(all, sending{name: "milliseconds " + milliseconds, milliseconds: true, points: []given{timed(milliseconds)}})
	}
	return all
}

// manyPoints returns calls with several valid and invalid points.
func manyPoints() []sending {
	k := map[string]string{"k": "v"}
	good, other := one("good", k), one("other", map[string]string{"k": "w"})
	hundred := make([]given, 100)
	for i := range hundred {
		hundred[i] = one("m", map[string]string{"n": strconv.Itoa(i)})
		hundred[i].Value = number(i)
	}
	huge := make([]given, 50_001)
	for i := range huge {
		huge[i] = one("m", map[string]string{"n": strconv.Itoa(i)})
	}
	return []sending{
		{name: "50,001 points", points: huge},
		{name: "no points", points: []given{}},
		{name: "100 points", points: hundred},
		{name: "one point twice", points: []given{good, good}},
		{name: "one series at two times", points: []given{good, {Metric: "good", Tags: k, Timestamp: json.RawMessage("1700000060"), Value: number(2)}}},
		{name: "a point without tags among others", points: []given{good, one("m", nil), other}},
		{name: "a point with 26 tags among others", points: []given{good, one("m", manyTags("p", 26)), other}},
		{name: "an invalid name among others", mode: "None", points: []given{good, one("a b", k), other}},
		{name: "an invalid key among others", mode: "None", points: []given{good, one("m", map[string]string{"a b": "c"}), other}},
		{name: "a NaN among others", points: []given{good, valued(number(math.NaN())), other}},
		{name: "an infinity among others", points: []given{good, valued(number(math.Inf(-1))), other}},
		{name: "an empty metric among others", points: []given{good, one("", k), other}},
		{name: "an empty key among others", points: []given{good, one("m", map[string]string{"": "v"}), other}},
		{name: "a timestamp 0 among others", points: []given{good, timed("0"), other}},
		{name: "an empty value of a tag among others", points: []given{good, one("m", map[string]string{"k": "v", "l": ""}), other}},
	}
}

// encodedPoints returns points with encoded names.
func encodedPoints() []sending {
	var all []sending
	type tags = map[string]string
	for _, name := range []string{
		"m", `m{"k": "v"}`, `node.cpu{"core": "0", "type": "idle"}`, `node.cpu {"core":"0"}`, `m{}`, ` m {"k":"v"}`, `m{"city-code": "ZRH"}`, `m{"é": "ü"}`, `m{"k": "\u00e9\ud83d\ude00"}`, `m{"p": "encoded"}`, `m{"g": "encoded"}`,
		`m{"a.b": "1", "a_b": "2"}`, `m{"k": 1}`, `m{"k": 1.50}`, `m{"k": true}`, `m{"k": null}`, `m{"k": ""}`, `m{"p": ""}`, `m{"k": {}}`, `m{"k": []}`, `m{`, `m{"k"}`, `m{"k":"v"}x`, `{"k":"v"}`, `{}`, `a b{"c d": "e f"}`, `9{"9": "9"}`,
	} {
		all = append(all,
			sending{name: fmt.Sprintf("encoded %q", name), encoded: true, points: []given{one(name, tags{"p": "point"})}},
			sending{name: fmt.Sprintf("encoded %q alone", name), encoded: true, points: []given{one(name, nil)}},
			sending{name: fmt.Sprintf("encoded %q with global tags", name), encoded: true, tags: tags{"g": "global", "p": "global"}, points: []given{one(name, tags{"p": "point"})}},
			sending{name: fmt.Sprintf("encoded %q that is not decoded", name), points: []given{one(name, tags{"p": "point"})}},
		)
	}
	return all
}

// allSeries returns cases of send_timeseries.
func allSeries() []sending {
	type tags = map[string]string
	times, values := []int64{at, at + 60, at + 120}, []any{number(1), number(2.5), number(-3)}
	plain := series{Metric: "m", Tags: tags{"k": "v"}, Timestamps: times, Values: values}
	with := func(edit func(*series)) []series {
		s := plain
		edit(&s)
		return []series{s}
	}
	all := []sending{
		{name: "a series", series: []series{plain}},
		{name: "a series, point by point", series: with(func(s *series) { s.Add = true })},
		{name: "two series", series: []series{plain, {Metric: "n", Tags: tags{"k": "w"}, Timestamps: times[:1], Values: values[:1]}}},
		{name: "no series", series: []series{}},
		{name: "a series without points", series: with(func(s *series) { s.Timestamps, s.Values = []int64{}, []any{} })},
		{name: "a series without points, and another", series: append(with(func(s *series) { s.Metric, s.Timestamps, s.Values = "empty", []int64{}, []any{} }), plain)},
		{name: "a series with global tags", tags: tags{"k": "global", "g": "1"}, series: []series{plain}},
		{name: "a series with tags of the environment", env: tags{"APPTUIT_TAGS": "k:environment,e:1"}, series: []series{plain}},
		{name: "a series without tags", series: with(func(s *series) { s.Tags = nil })},
		{name: "a series with 25 tags", series: with(func(s *series) { s.Tags = manyTags("p", 25) })},
		{name: "a series with 26 tags", series: with(func(s *series) { s.Tags = manyTags("p", 26) })},
		{name: "a series with an empty tag", series: with(func(s *series) { s.Tags = tags{"k": "", "l": "v"} })},
		{name: "a series with a NaN", series: with(func(s *series) { s.Values = []any{number(1), number(math.NaN()), number(3)} })},
		{name: "a series of ints", series: with(func(s *series) { s.Values = []any{1, 2, -3} })},
		{name: "a series of ints, point by point", series: with(func(s *series) { s.Add, s.Values = true, []any{1, 2, -3} })},
		{name: "a series without a metric", series: with(func(s *series) { s.Metric = "" })},
	}
	for _, mode := range []string{"", "apptuit", "None"} {
		for _, name := range []string{"a.b", "a b", "9a", "é", "a__b"} {
			all = append(all,
				sending{name: fmt.Sprintf("series %q in mode %s", name, mode), mode: mode, series: with(func(s *series) { s.Metric = name })},
				sending{name: fmt.Sprintf("series with the key %q in mode %s", name, mode), mode: mode, series: with(func(s *series) { s.Tags = tags{name: "v"} })},
			)
		}
	}
	return all
}
