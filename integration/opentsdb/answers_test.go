// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// A difference is the reason why apptuittest with the profile OpenTSDB answers differently from OpenTSDB.
type difference string

const (
	same difference = ""
	// words: the texts differ; status, counts and echoed points are the same.
	words difference = "apptuittest gives the reason in other words"
	// strict: of the servers with the protocol, only OpenTSDB accepts such a body.
	strict difference = "apptuittest refuses a body that the client must not send"
	// codings: OpenTSDB ignores an unknown Content-Encoding.
	codings difference = "apptuittest refuses an unknown Content-Encoding"
	// closes: an exception of Netty closes the connection.
	closes difference = "apptuittest answers 400 where OpenTSDB closes the connection"
)

// put is a request to /api/put with OpenTSDB's answer.
type put struct {
	name   string
	query  string
	body   []byte
	coding string // Content-Encoding

	status int    // 0: no answer
	answer string // the put answer without the points that it echoes, or the message of the error object

	differs difference
}

func puts(at time.Time) []put {
	point := func(tags string) []byte { return array(line("answers", at, 1, tags)) }
	value := func(v string) []byte { return array(line("answers", at, v, `"v":"v"`)) }
	raw := func(format string, args ...any) []byte { return fmt.Appendf(nil, format, args...) }
	tags := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"k%d":"v"`, i))
		}
		return strings.Join(all, ",")
	}
	good, bad := line("answers", at, 1, `"h":"a"`), line("answers", at, 1, `"h h":"a"`)
	const (
		one     = `{"success":1,"failed":0,"errors":[]}`
		details = "details"
	)
	failed := func(reason string) string {
		text, _ := json.Marshal(reason) //nolint:errchkjson // a string
		return fmt.Sprintf(`{"success":0,"failed":1,"errors":[%s]}`, text)
	}
	all := []put{
		{name: "accepted", body: array(good), status: 204},
		{name: "accepted, sync", query: "sync", body: array(good), status: 204},
		{name: "accepted, details", query: details, body: array(good), status: 200, answer: one},
		{name: "accepted, summary", query: "summary", body: array(good), status: 200, answer: `{"success":1,"failed":0}`},
		{name: "accepted, sync with details", query: "details&sync&sync_timeout=20000", body: array(good), status: 200, answer: `{"success":1,"failed":0,"timeouts":0,"errors":[]}`},
		{name: "not an array", query: details, body: []byte(good), status: 200, answer: one},
		{name: "gzip", query: details, body: gzipped(array(good)), coding: "gzip", status: 200, answer: one},
		{name: "deflate", query: details, body: zlibbed(array(good)), coding: "deflate", status: 200, answer: one},
		{name: "text of an unknown coding", query: details, body: array(good), coding: "zstd", status: 200, answer: one, differs: codings},
		{name: "gzip that is none", query: details, body: array(good), coding: "gzip", status: 0, differs: closes},

		{name: "one of two", body: array(good, bad), status: 400, answer: "One or more data points had errors"},
		{
			name: "one of two, details", query: details, body: array(good, bad), status: 400,
			answer: `{"success":1,"failed":1,"errors":["Invalid tag name with value [a] (\"h h\"): illegal character:  "]}`,
		},
		{name: "one of two, summary", query: "summary", body: array(good, bad), status: 400, answer: `{"success":1,"failed":1}`},
		{
			name: "one of two, sync with details", query: "details&sync&sync_timeout=20000", body: array(good, bad), status: 400,
			answer: `{"success":1,"failed":1,"timeouts":0,"errors":["Invalid tag name with value [a] (\"h h\"): illegal character:  "]}`,
		},

		{name: "8 tags", query: details, body: point(tags(8)), status: 200, answer: one},
		{
			name: "9 tags", query: details, body: point(tags(9)), status: 400,
			answer: failed("Too many tags: 9 maximum allowed: 8, tags: {k0=v, k1=v, k2=v, k3=v, k4=v, k5=v, k6=v, k7=v, k8=v}"),
		},
		{name: "no tags", query: details, body: point(""), status: 400, answer: failed("Missing tags")},
		{name: "a key twice", query: details, body: point(`"h":"a","h":"b"`), status: 200, answer: one, differs: strict},
		{name: "a number as a tag", query: details, body: point(`"h":5`), status: 200, answer: one, differs: strict},
		{name: "letters of other scripts", query: details, body: point(`"ключ":"日本"`), status: 200, answer: one},
		{name: "a digit of another script", query: details, body: array(line("answers٣", at, 1, `"h":"a"`)), status: 400, answer: failed("Invalid metric name (\"answers٣\"): illegal character: ٣")},
		{name: "a number of another script", query: details, body: point(`"area_m²":"a"`), status: 400, answer: failed("Invalid tag name with value [a] (\"area_m²\"): illegal character: ²")},
		{name: "a long tag value", query: details, body: point(`"h":"` + strings.Repeat("a", 2000) + `"`), status: 200, answer: one},
		{name: "an empty tag value", query: details, body: point(`"h":""`), status: 400, answer: failed("Invalid tag value with key [h]: empty string")},
		{name: "bytes that are not UTF-8", query: details, body: point("\"h\":\"a\xff\""), status: 400, answer: failed("Invalid tag value with key [h] (\"a\ufffd\"): illegal character: \ufffd"), differs: strict},

		{name: "metric", query: details, body: array(line("an swers", at, 1, `"h":"a"`)), status: 400, answer: failed(`Invalid metric name ("an swers"): illegal character:  `)},
		{name: "no metric", query: details, body: array(line("", at, 1, `"h":"a"`)), status: 400, answer: failed("Metric name was empty")},
		{name: "time 0", query: details, body: array(line("answers", time.Unix(0, 0), 1, `"h":"a"`)), status: 400, answer: failed("Invalid timestamp")},
		{name: "time of 13 digits", query: details, body: array(line("answers", time.Unix(at.UnixMilli(), 0), 1, `"h":"ms"`)), status: 200, answer: one},
		{
			name: "time of 14 digits", query: details, body: array(line("answers", time.Unix(10*at.UnixMilli(), 0), 1, `"h":"a"`)), status: 400,
			answer: failed(fmt.Sprintf("bad timestamp=%d when trying to add value=[1]/0 to metric=answers, tags={h=a}", 10*at.UnixMilli())), differs: words,
		},

		{name: "largest integer", query: details, body: value("9223372036854775807"), status: 200, answer: one},
		{name: "a larger one", query: details, body: value("9223372036854775808"), status: 400, answer: failed("Unable to parse value to a number")},
		{name: "beyond float64", query: details, body: value("1e400"), status: 400, answer: failed(fmt.Sprintf("value is NaN or Infinite: Infinity for metric=answers timestamp=%d", at.Unix())), differs: words},
		{name: "a quoted number", query: details, body: value(`"1.5"`), status: 200, answer: one},
		{name: "an empty value", query: details, body: value(`""`), status: 400, answer: failed("Empty value")},
		{name: "a quoted NaN", query: details, body: value(`"NaN"`), status: 400, answer: failed("Unable to parse value to a number")},
		{name: "a bare NaN", query: details, body: value("NaN"), status: 400, answer: failed("Unable to parse value to a number"), differs: strict},

		{name: "an unknown field", query: details, body: raw(`{"x":1,%s`, good[1:]), status: 200, answer: one, differs: strict},
		{name: "text after the end", query: details, body: raw("%s x", array(good)), status: 200, answer: one, differs: strict},
		{name: "cut off", query: details, body: raw("[%s,{", good), status: 400, answer: "Unable to parse the given JSON"},
		{name: "no JSON", query: details, body: raw("x"), status: 400, answer: "The JSON must start as an object or an array", differs: words},
		{name: "no body", query: details, status: 400, answer: "Missing request content", differs: words},
		{name: "no points", query: details, body: array(), status: 400, answer: "No datapoints found in content"},
	}
	for _, v := range []string{"+Inf", "1e+06", "host:80", "{id}", "a b", "a=b", "a,b", "50%", "a@b", "(other)", "*", `a\\b`, `a\nb`, "a٣", "😀", "𝒜"} {
		var text string
		if err := json.Unmarshal([]byte(`"`+v+`"`), &text); err != nil {
			panic(err)
		}
		first := []rune(strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz0123456789"))[0]
		if first > math.MaxUint16 {
			first = unicode.ReplacementChar // a letter or not: OpenTSDB looks at each half of a surrogate pair
		}
		all = append(all, put{
			name: "tag value " + v, query: details, body: point(`"h":"` + v + `"`), status: 400,
			answer: failed(fmt.Sprintf("Invalid tag value with key [h] (\"%s\"): illegal character: %c", text, first)),
		})
	}
	return all
}

// OpenTSDB answers as the table says. So does apptuittest with its profile, unless the table names a
// difference.
func TestApptuittest_AnswersLikeOpenTSDB(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	judge := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.OpenTSDB))
	t.Cleanup(judge.Close)
	for _, p := range puts(time.Now()) {
		t.Run(p.name, func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json"}}
			if p.coding != "" {
				header.Set("Content-Encoding", p.coding)
			}
			a, err := o.Put(t, p.query, p.body, header)
			if (err != nil) != (p.status == 0) {
				t.Fatal(err)
			}
			answer := summary(t, a)
			if a.Status != p.status || answer != p.answer {
				t.Errorf("answer %d %s\n\twant %d %s", a.Status, answer, p.status, p.answer)
			}
			ours := postTo(t, judge.URL, p.query, bytes.NewReader(p.body), header)
			var differs difference
			switch {
			case ours.Status != a.Status || counts(ours) != counts(a) || cmp.Diff(echoes(ours), echoes(a)) != "":
				differs = "status, counts or points"
			case summary(t, ours) != answer:
				differs = words
			}
			if (differs == same) != (p.differs == same) || (differs == words) != (p.differs == words) {
				t.Errorf("apptuittest answers %d %s, OpenTSDB %d %s\n\texpected difference: %q", ours.Status, ours.Body, a.Status, answer, p.differs)
			}
		})
	}
}

// answerTime bounds the time in which a server must answer a put.
const answerTime = 30 * time.Second

// postTo sends a put to a server, which must answer.
func postTo(t *testing.T, endpoint, query string, body io.Reader, header http.Header) opentsdb.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/api/put?"+query, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header, r.Close = header, true
	connection, err := net.DialTimeout("tcp", r.URL.Host, answerTime)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(answerTime)); err != nil {
		t.Fatal(err)
	}
	// A server that refuses a body answers and closes the connection before it has read the whole
	// body. http.Client could then return a write error instead of the answer.
	writeErr := r.Write(connection)
	response, err := http.ReadResponse(bufio.NewReader(connection), r)
	if err != nil {
		t.Fatal(errors.Join(writeErr, err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return opentsdb.Answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
}

// putAnswer is the object of an answer to a put: counts with details, or an error.
type putAnswer struct {
	Success  *int `json:"success"`
	Failed   *int `json:"failed"`
	Timeouts *int `json:"timeouts"`
	Errors   *[]struct {
		Datapoint json.RawMessage `json:"datapoint"`
		Error     string          `json:"error"`
	} `json:"errors"`
	Error *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func decode(a opentsdb.Answer) (p putAnswer, err error) {
	if a.Body == "" {
		return p, nil
	}
	err = json.Unmarshal([]byte(a.Body), &p)
	return p, err
}

// summary returns an answer without stack traces and without the points that it echoes.
func summary(t *testing.T, a opentsdb.Answer) string {
	t.Helper()
	p, err := decode(a)
	switch {
	case err != nil:
		t.Fatalf("answer %s: %v", a.Body, err)
	case p.Error != nil:
		return p.Error.Message
	case p.Success == nil:
		return a.Body
	}
	if a.Status == http.StatusBadRequest && a.Header.Get("Content-Type") != "application/json; charset=UTF-8" {
		t.Errorf("Content-Type %q", a.Header.Get("Content-Type"))
	}
	text := counts(a)
	if p.Errors != nil {
		reasons := make([]string, 0, len(*p.Errors))
		for _, e := range *p.Errors {
			reason, err := json.Marshal(e.Error)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, string(reason))
		}
		text = strings.TrimSuffix(text, "}") + `,"errors":[` + strings.Join(reasons, ",") + "]}"
	}
	return text
}

// counts returns the numbers of an answer in a fixed order.
func counts(a opentsdb.Answer) string {
	p, err := decode(a)
	if err != nil || p.Success == nil || p.Failed == nil {
		return ""
	}
	text := fmt.Sprintf(`{"success":%d,"failed":%d`, *p.Success, *p.Failed)
	if p.Timeouts != nil {
		text += fmt.Sprintf(`,"timeouts":%d`, *p.Timeouts)
	}
	return text + "}"
}

// echoes returns the points that an answer names.
func echoes(a opentsdb.Answer) []any {
	p, err := decode(a)
	if err != nil || p.Errors == nil {
		return nil
	}
	var points []any
	for _, e := range *p.Errors {
		var v any
		if json.Unmarshal(e.Datapoint, &v) == nil {
			points = append(points, v)
		}
	}
	return points
}

func gzipped(b []byte) []byte {
	var w bytes.Buffer
	z := gzip.NewWriter(&w)
	_, _ = z.Write(b) // into memory
	_ = z.Close()
	return w.Bytes()
}

func zlibbed(b []byte) []byte {
	var w bytes.Buffer
	z := zlib.NewWriter(&w)
	_, _ = z.Write(b) // into memory
	_ = z.Close()
	return w.Bytes()
}
