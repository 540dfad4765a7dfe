// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// The same points in each format, also compressed, from a file and from a pipe.
func TestFile_OfEachFormat(t *testing.T) {
	t.Parallel()
	want := []string{"cpu{host=a} 1700000000 1.5", "cpu{host=b} 1700000001 2.5", "up{host=a} 1700000001 1.5"}
	for ending, text := range map[string]string{
		"csv": "metric,host,timestamp,value\ncpu,a,1700000000,1.5\ncpu,b,1700000001123,2.5\nup,a,2023-11-14T22:13:21Z,1.5\n",
		"jsonl": `{"metric":"cpu","tags":{"host":"a"},"timestamp":1700000000,"value":1.5}
{"metric":"cpu","tags":{"host":"b"},"timestamp":1700000001,"value":2.5}
{"metric":"up","tags":{"host":"a"},"timestamp":1700000001,"value":1.5}`,
		"json": `[{"metric":"cpu","tags":{"host":"a"},"timestamp":1700000000,"value":1.5},{"metric":"cpu","tags":{"host":"b"},"timestamp":1700000001,"value":2.5},
{"metric":"up","tags":{"host":"a"},"timestamp":1700000001,"value":1.5}]`,
		"txt":  "put cpu 1700000000 1.5 host=a\r\nput cpu 1700000001 2.5 host=b\r\nput up 1700000001 1.5 host=a\r\n",
		"prom": "# TYPE cpu gauge\ncpu{host=\"a\"} 1.5 1700000000000\ncpu{host=\"b\"} 2.5 1700000001999\nup{host=\"a\"} 1.5 1700000001000\n",
	} {
		s := apptuittest.NewServer()
		t.Cleanup(s.Close)
		out := send(t, s, cli.OK, "--from", file(t, "points."+ending, text))
		if out.stdout != "3 points read: 3 accepted, 0 rejected\n" || out.stderr != "" {
			t.Errorf("%s: %q, %q", ending, out.stdout, out.stderr)
		}
		send(t, s, cli.OK, "--from", file(t, "points."+ending+".gz", compress(t, text)))
		sendFrom(t, s, strings.NewReader(text), cli.OK, "--from", "-")
		sendFrom(t, s, strings.NewReader(compress(t, text)), cli.OK, "--from", "-")
		all := lines(s)
		if len(all) != 4*len(want) {
			t.Fatalf("%s: %q", ending, all)
		}
		for i := range 4 {
			if diff := cmp.Diff(want, all[3*i:3*i+3]); diff != "" {
				t.Errorf("%s (-want +got)\n%s", ending, diff)
			}
		}
	}
}

func TestFile_WithoutPoints(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	for _, text := range []string{"", "\n\r\n", compress(t, "")} {
		sendFrom(t, s, strings.NewReader(text), cli.OK, "--from", "-").says(t, "0 points read")
	}
	send(t, s, cli.Failed, "--from", "/nowhere/points.csv").says(t, "/nowhere/points.csv")
	sendFrom(t, s, strings.NewReader("hello world\n"), cli.Misused, "--from", "-").says(t, "standard input: the format cannot be recognized: give the format with --format")
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// Points without a time get --timestamp, or the present time, which is the same for a whole scrape.
func TestFile_GivesPointsWithoutATimeTheFlagOrNow(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	var scrape strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&scrape, "m{h=\"%d\"} 1\n", i)
	}
	before := time.Now().Truncate(time.Millisecond)
	sendFrom(t, s, strings.NewReader(scrape.String()), cli.OK, "--from", "-", "--server", "victoriametrics")
	at := s.Points()[0].Time()
	if at.Before(before) || at.After(time.Now()) {
		t.Errorf("at %v, sent after %v", at, before)
	}
	for _, p := range s.Points() {
		if !p.Time().Equal(at) {
			t.Fatalf("%v beside %v", p.Time(), at)
		}
	}
	s.Reset()
	sendFrom(t, s, strings.NewReader("m{h=\"a\"} 1\nm{h=\"a\"} 2 1700000001000\n"), cli.OK, "--from", "-", "--timestamp", "1700000000")
	if diff := cmp.Diff([]string{"m{h=a} 1700000000 1.0", "m{h=a} 1700000001 2.0"}, lines(s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The command sends the points before the first invalid line and stops, or continues with --skip-invalid.
func TestFile_StopsAtAnInvalidLine(t *testing.T) {
	t.Parallel()
	text := "put m 1700000000 1 h=a\nput m 1700000001 x h=a\nput m 1700000002 NaN h=a\nput m 1700000003 +Inf h=a\nput m 1700000004 5\nput m 1700000005 6 h=a\n"
	path := file(t, "points.txt", text)
	s := apptuittest.NewServer()
	defer s.Close()
	out := send(t, s, cli.Failed, "--from", path)
	out.says(t, path+`: line 2: the value "x" is not a number`, "2 points read: 1 accepted, 1 rejected", "the lines after line 2 were not read; with --skip-invalid")
	if diff := cmp.Diff([]string{"m{h=a} 1700000000 1"}, lines(s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Reset()
	out = send(t, s, cli.Failed, "--from", path, "--skip-invalid")
	out.says(t, "line 2: ", "line 4: ", "line 5: ", "a point needs at least one tag", "6 points read: 2 accepted, 3 rejected, 1 without value")
	if diff := cmp.Diff([]string{"m{h=a} 1700000000 1", "m{h=a} 1700000005 6"}, lines(s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.Reset()
	out = sendFrom(t, s, strings.NewReader("put m 1 1 h=a\n"+strings.Repeat("x\n", 25)), cli.Failed, "--from", "-", "--skip-invalid")
	out.says(t, "standard input: line 11: ", "standard input: and 15 more", "26 points read: 1 accepted, 25 rejected")
}

// A point that the server rejects is named by its line.
func TestFile_StopsAtARejectedPoint(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	bad := func(p apptuittest.Point) string {
		if f := p.Float(); f == 5 || f == 7 {
			return "not this one"
		}
		return ""
	}
	path := file(t, "points.txt", "\n\n"+puts(10))
	s.Fail(apptuittest.Reject(bad))
	send(t, s, cli.Failed, "--from", path, "--format", "telnet").says(t, "line 8: not this one", "line 10: not this one", "10 points read: 8 accepted, 2 rejected")

	influx := apptuittest.NewServer(apptuittest.WithProfile(apptuittest.InfluxDB))
	defer influx.Close()
	influx.Fail(apptuittest.Reject(bad))
	send(t, influx, cli.Failed, "--from", path, "--format", "telnet", "--skip-invalid").says(t, "lines 3 to 12: ", "partial write: ", "10 points read: 8 accepted, 2 rejected")
}

// The points before an error of the input are sent. A line that is cut off is not.
func TestFile_ReportsACompressedFileThatIsCutOff(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	whole := compress(t, puts(20_000))
	out := send(t, s, cli.Failed, "--from", file(t, "points.gz", whole[:len(whole)/2]), "--format", "telnet")
	out.says(t, "unexpected EOF")
	n := len(s.Points())
	if n == 0 || n >= 20_000 {
		t.Errorf("%d points", n)
	}
	complete(t, s, n, 0)
	send(t, s, cli.Failed, "--from", file(t, "points.csv.gz", "\x1f\x8b nonsense")).says(t, "gzip: ")
}

// A dry run prints the points, and sends nothing.
func TestFile_DryRunPrintsThePoints(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	path := file(t, "points.csv", "metric,time,value,the host\ncpu load,1700000000.9,1e3,\"a\"\"b\"\ncpu load,1700000001,9007199254740993,é\n")
	out := send(t, s, cli.OK, "--from", path, "--dry-run", "--tags", "dc: x")
	want := `{"metric":"cpu_load","tags":{"dc":"x","the_host":"a\"b"},"timestamp":1700000000,"value":1000.0}
{"metric":"cpu_load","tags":{"dc":"x","the_host":"é"},"timestamp":1700000001,"value":9007199254740993}
`
	if diff := cmp.Diff(want, out.stdout); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	out.says(t, "2 points read: 2 valid, 0 rejected")
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	sendFrom(t, s, strings.NewReader(out.stdout), cli.OK, "--from", "-")
	sent := lines(s)
	s.Reset()
	send(t, s, cli.OK, "--from", path, "--tags", "dc: x")
	if diff := cmp.Diff(sent, lines(s)); diff != "" {
		t.Errorf("the output of a dry run (-) is sent otherwise than its input (+)\n%s", diff)
	}
}

// Points of one series at one time are sent in their order.
func TestFile_KeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "put m 1700000000 %d h=a\n", i)
	}
	sendFrom(t, s, strings.NewReader(text.String()), cli.OK, "--from", "-", "--batch", "100")
	for i, p := range s.Points() {
		if int(p.Float()) != i {
			t.Fatalf("point %d is %v", i, p)
		}
	}
}

func TestFile_KeepsToTheRate(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	begun := time.Now()
	sendFrom(t, s, strings.NewReader(puts(30)), cli.OK, "--from", "-", "--rate", "20")
	if took := time.Since(begun); took < time.Second {
		t.Errorf("30 points at 20 a second took %v", took)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	complete(t, s, 30, 0)
}
