// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// situation is a file of testdata/table. It begins with a description of the fault, followed by lines
// "key: value" and, after "-- otlp --", the dump.
type situation struct {
	about         string
	args          []string
	env           map[string]string
	profile       apptuittest.Profile
	token         string // that the server demands
	faults        []apptuittest.Fault
	stored        []string // points in the form of storedPoint
	native        bool     // the server has no PromQL
	verdict, note string   // the cause that must be found
	says          []string // texts that the finding must have
	dump          string
}

// readSituation reads a file. Times in it are NOW, NOW-3h and NOW+72h.
func readSituation(t *testing.T, name string, now time.Time) situation {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, dump, _ := strings.Cut(string(text), "-- otlp --\n")
	nanoseconds := func(m string) string {
		return strconv.FormatInt(now.Add(offset(t, m)).UnixNano(), 10)
	}
	s := situation{env: map[string]string{}, dump: regexp.MustCompile(`NOW([+-]\w+)?`).ReplaceAllStringFunc(dump, nanoseconds)}
	for line := range strings.Lines(head) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "args":
			s.args = append(s.args, value)
		case "env":
			name, value, _ := strings.Cut(value, "=")
			s.env[name] = value
		case "profile":
			s.profile = map[string]apptuittest.Profile{"opentsdb": apptuittest.OpenTSDB, "victoriametrics": apptuittest.VictoriaMetrics, "influxdb": apptuittest.InfluxDB}[value]
		case "token":
			s.token = value
		case "fault":
			s.faults = append(s.faults, faultOf(t, value))
		case "stored":
			s.stored = append(s.stored, value)
		case "native":
			s.native = true
		case "verdict":
			s.verdict = value
		case "note":
			s.note = value
		case "says":
			s.says = append(s.says, value)
		default:
			s.about += line + "\n"
		}
	}
	if s.about == "" || (s.verdict == "") == (s.note == "") || len(s.says) == 0 {
		t.Fatalf("%s: it needs a description, a verdict or a note, and texts", name)
	}
	return s
}

// offset returns the time from now of NOW, NOW-3h or NOW+72h.
func offset(t *testing.T, text string) time.Duration {
	t.Helper()
	if text = strings.TrimPrefix(text, "NOW"); text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func faultOf(t *testing.T, text string) apptuittest.Fault {
	t.Helper()
	kind, rest, _ := strings.Cut(text, " ")
	switch kind {
	case "reject":
		return apptuittest.Reject(func(apptuittest.Point) string { return rest })
	case "hang":
		return apptuittest.Fault{Hang: true}
	case "reset":
		return apptuittest.Fault{Reset: true, Times: 3} // a request on a reused connection is repeated
	case "page":
		return apptuittest.Fault{Status: 200, Body: rest, ContentType: "text/html"}
	}
	code, err := strconv.Atoi(kind)
	if err != nil {
		t.Fatalf("fault %q", text)
	}
	return apptuittest.Fault{Status: code, Body: rest}
}

// The cause of each situation is named.
func TestSituations_HaveTheirCause(t *testing.T) {
	files, err := filepath.Glob("testdata/table/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d situations, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			now := time.Now()
			s := readSituation(t, name, now)
			server := newServer(t, s.profile, s.token, s.native)
			for _, p := range s.stored {
				server.store(t, now, p)
			}
			server.Fail(s.faults...)
			t.Setenv("APPTUIT_ENDPOINT", server.url)
			for name, value := range s.env {
				t.Setenv(name, value)
			}
			args := slices.Clone(s.args)
			if s.dump != "" {
				file := filepath.Join(t.TempDir(), "dump.jsonl")
				if err := os.WriteFile(file, []byte(s.dump), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--otlp", file)
			}
			r := explainJSON(t, args...)
			s.check(t, &r)
			if text := execute(t, args...).stdout; s.verdict != "" && len(s.faults) == 0 && !strings.Contains(strings.SplitN(text, "\n", 2)[0], "["+s.verdict+"]") {
				t.Errorf("the first line of the text does not have the verdict:\n%s", text)
			}
		})
	}
}

// check requires that the report has the cause.
func (s *situation) check(t *testing.T, r *Report) {
	t.Helper()
	findings := []Finding{r.Verdict}
	if s.note != "" {
		findings = r.Notes
	}
	if r.Found != (s.note != "") {
		t.Errorf("found: %v", r.Found)
	}
	for _, f := range findings {
		has := f.Cause == s.verdict+s.note
		for _, text := range s.says {
			has = has && strings.Contains(f.Text+"\n"+f.Advice, text)
		}
		if has {
			return
		}
	}
	t.Errorf("%swant %s%s with %q, got\n%+v\n%+v", s.about, s.verdict, s.note, s.says, r.Verdict, r.Notes)
}

// Each cause of the command has a situation, except the causes that other tests cover.
func TestSituations_CoverEachCause(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"stored", "sendable", "not-found", "certificate", "unknown-host", "other-name", "no-points", "rejected"}
	tested := map[string]bool{}
	files, _ := filepath.Glob("testdata/table/*.txt")
	for _, name := range files {
		s := readSituation(t, name, time.Now())
		tested[s.verdict+s.note] = true
	}
	var missing []string
	for cause := range causes(t) {
		if !tested[cause] && !slices.Contains(elsewhere, cause) {
			missing = append(missing, cause)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("no situation has the causes %v", missing)
	}
}

// causes returns the causes in the source.
func causes(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:x\.add\(is\w+, |cause: |Cause: |return |cause, advice := |nameDifference\{)"([a-z]+(?:-[a-z]+)*)"[,:]`).FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
	}
	if len(all) < 30 {
		t.Fatalf("the source has the causes %v", slices.Sorted(maps.Keys(all)))
	}
	return all
}

// docs/explain.md lists exactly the causes of the command.
func TestDocumentation_HasEachCause(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/explain.md")
	if err != nil {
		t.Fatal(err)
	}
	known := causes(t)
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*`) \\|").FindAllStringSubmatch(string(page), -1) {
		for cause := range strings.SplitSeq(row[1], ", ") {
			cause = strings.Trim(cause, "`")
			documented[cause] = true
			if !known[cause] {
				t.Errorf("docs/explain.md has the cause %s, which does not exist", cause)
			}
		}
	}
	for cause := range known {
		if !documented[cause] {
			t.Errorf("docs/explain.md does not have the cause %s", cause)
		}
	}
}

// explainJSON runs the command with -o json, and requires that the exit code matches the report.
func explainJSON(t *testing.T, args ...string) Report {
	t.Helper()
	o := execute(t, append(args, "-o", "json")...)
	r := decode(t, o)
	if want := map[bool]int{true: cli.OK, false: cli.Failed}[r.Found]; o.code != want || o.stderr != "" {
		t.Errorf("%q: exit code %d, want %d; stderr %q", args, o.code, want, o.stderr)
	}
	return r
}
