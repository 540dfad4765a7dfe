// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

// `make tested-with` runs TestTestedWith with both flags.
var (
	update = flag.Bool("update", false, "rewrite testedwith.json and the table of tested-with.md")
	runs   = flag.String("runs", "", "file with the runs to count, in place of testedwith.json")
)

// record is the number of tests of a package that passed with a version of a server, and the date of
// the newest run.
type record struct {
	Server  string `json:"server"`
	Version string `json:"version"`
	Date    string `json:"date"`
	Package string `json:"package"`
	Tests   int    `json:"tests"`
}

// tested describes the tests of each package with each server.
func tested() map[[2]string]string {
	const (
		e2e       = "integration/e2e"
		chaos     = "integration/e2e/chaos"
		collector = "integration/collector/e2e"
		opentsdb  = "integration/opentsdb"
		apptuitpy = "integration/apptuitpy"
		promdiff  = "integration/promdiff"
	)
	return map[[2]string]string{
		{"VictoriaMetrics", e2e}:               "every kind of instrument, the client, encodings, tags, outages, read back point by point; queries in PromQL",
		{"VictoriaMetrics", chaos}:             "points through faults, with and without a spool",
		{"VictoriaMetrics", collector}:         "points of the Collector's exporter, also after crashes",
		{"VictoriaMetrics", promdiff}:          "the series of `WithPrometheusNames` beside those scraped from OpenTelemetry's Prometheus exporter",
		{"InfluxDB", e2e}:                      "every kind of instrument, the client, encodings, tags, partial writes, outages, read back point by point",
		{"InfluxDB", chaos}:                    "points through faults, with and without a spool",
		{"InfluxDB", collector}:                "answers to the Collector's exporter",
		{"OpenTSDB", opentsdb}:                 "answers, sizes, tags, values, duplicates, unknown names, throttling; every kind of instrument, read back point by point",
		{"HBase", opentsdb}:                    "the storage of OpenTSDB; it hangs, fails and ends",
		{"Prometheus", e2e}:                    "queries in PromQL and lists, with `WithPrometheusPath(\"\")`",
		{"nginx", e2e}:                         "a proxy: statuses, redirects, HTTP/2, TLS, limits of bodies",
		{"nginx", chaos}:                       "a proxy that fails",
		{"nginx", collector}:                   "a proxy before the server of the Collector's exporter",
		{"Caddy", e2e}:                         "a proxy with a limit of bodies",
		{"Caddy", chaos}:                       "a proxy that fails",
		{"apptuit-py", apptuitpy}:              "names, points, requests, answers, queries of both, compared",
		{"pyformance", apptuitpy}:              "reports of apptuit-py's reporter and of `LayoutReporter`, compared",
		{"OpenTelemetry Collector", collector}: "the exporter component in a Collector: points, crashes, a queue on disk",
	}
}

func readRecords(t *testing.T) []record {
	t.Helper()
	text, err := os.ReadFile("testedwith.json")
	if err != nil {
		t.Fatal(err)
	}
	var records []record
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&records); err != nil {
		t.Fatal(err)
	}
	return records
}

// count returns the number of tests for each server, version and package. A test with subtests
// counts as one test.
func count(all []testedwith.Run) []record {
	tests, dates := map[record]map[string]bool{}, map[record]string{}
	for _, r := range all {
		key := record{Server: r.Server, Version: r.Version, Package: r.Package}
		if tests[key] == nil {
			tests[key] = map[string]bool{}
		}
		name, _, _ := strings.Cut(r.Test, "/")
		tests[key][name] = true
		dates[key] = max(dates[key], r.Date)
	}
	var records []record
	for key := range tests {
		r := key
		r.Date, r.Tests = dates[key], len(tests[key])
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.Package, b.Package), compareVersions(a.Version, b.Version))
	})
	return records
}

// compareVersions compares versions like 1.136.23 by their numbers.
func compareVersions(a, b string) int {
	numbers := func(v string) []int {
		var all []int
		for part := range strings.SplitSeq(v, ".") {
			n, _ := strconv.Atoi(part) // a part that is not a number counts as 0
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(numbers(a), numbers(b))
}

// table returns a table of the records. A row combines the versions with the same server, package,
// number of tests and date.
func table(t *testing.T, records []record) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| server | version | date | tests | what is tested |\n|---|---|---|--:|---|\n")
	known := tested()
	for i := 0; i < len(records); {
		r := records[i]
		var versions []string
		for ; i < len(records); i++ {
			same := records[i]
			same.Version = r.Version
			if same != r {
				break
			}
			versions = append(versions, records[i].Version)
		}
		what := known[[2]string{r.Server, r.Package}]
		if what == "" {
			t.Errorf("the function tested does not describe the tests of %s with %s", r.Package, r.Server)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d of [%s](../%s) | %s |\n", r.Server, strings.Join(versions, ", "), r.Date, r.Tests, r.Package, r.Package, what)
	}
	return b.String()
}

// The table of tested-with.md shows the recorded tests. With -update, testedwith.json and
// tested-with.md are written if the records are complete.
func TestTestedWith(t *testing.T) {
	var records []record
	if *runs == "" {
		records = readRecords(t)
	} else {
		all, err := testedwith.Read(*runs)
		if err != nil {
			t.Fatal(err)
		}
		records = count(all)
	}
	named := map[[2]string]bool{}
	for _, r := range records {
		named[[2]string{r.Server, r.Package}] = true
		if r.Version == "" || r.Date == "" || r.Tests == 0 {
			t.Errorf("incomplete: %+v", r)
		}
	}
	for pair := range tested() {
		if !named[pair] {
			t.Errorf("no test of %s with %s is recorded", pair[1], pair[0])
		}
	}
	const begin, end = "<!-- tested with: make tested-with -->\n", "<!-- end -->\n"
	text, err := os.ReadFile("tested-with.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("tested-with.md has no lines %q and %q around the table", begin, end)
	}
	want := before + begin + table(t, records) + end + after
	switch {
	case *update && t.Failed():
	case *update:
		text, err := json.MarshalIndent(records, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testedwith.json", append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("tested-with.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	case want != string(text):
		t.Errorf("tested-with.md differs (-want +got), run go test ./docs -run TestTestedWith -update:\n%s", gocmp.Diff(want, string(text)))
	}
}

// versionsIn returns the versions of servers that a text names, as pairs of server and version. For
// example, it returns {"VictoriaMetrics", "1.79"} for "VictoriaMetrics from version 1.79 on".
func versionsIn(text string, servers []string) [][2]string {
	const number = `v?([0-9]+(?:\.(?:[0-9]+|x))*)\b`
	const between = `(?:'s?)?(?:\s+(?:before|since|from|until|after|of|only|versions?|releases?|takes \w+ since))*\s+`
	quoted := make([]string, len(servers))
	for i, s := range servers {
		quoted[i] = regexp.QuoteMeta(s)
	}
	named := regexp.MustCompile(`\b(` + strings.Join(quoted, "|") + `)\b` + between + number + `((?:(?:, | and |, and | or | to )` + number + `)*)`)
	text = regexp.MustCompile(`\n[\t ]*(?://)?[\t ]*`).ReplaceAllString(text, " ") // joins the lines of paragraphs and comments
	var found [][2]string
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		found = append(found, [2]string{m[1], m[2]})
		for _, more := range regexp.MustCompile(number).FindAllStringSubmatch(m[3], -1) {
			found = append(found, [2]string{m[1], more[1]})
		}
	}
	return found
}

func TestTestedWith_FindsVersions(t *testing.T) {
	servers := []string{"InfluxDB", "VictoriaMetrics", "nginx"}
	for text, want := range map[string][][2]string{
		"VictoriaMetrics takes points. 1.79 is old": nil,
		"with InfluxDB 1.x":                         {{"InfluxDB", "1.x"}},
		"releases of VictoriaMetrics before v1.114": {{"VictoriaMetrics", "1.114"}},
		"VictoriaMetrics from version 1.2 on":       {{"VictoriaMetrics", "1.2"}},
		"// InfluxDB\n\t// 1.6.":                    {{"InfluxDB", "1.6"}},
		"VictoriaMetrics 1.79, 1.136.23 and 1.151":  {{"VictoriaMetrics", "1.79"}, {"VictoriaMetrics", "1.136.23"}, {"VictoriaMetrics", "1.151"}},
		"nginx 1.22 | 429":                          {{"nginx", "1.22"}},
	} {
		if diff := gocmp.Diff(want, versionsIn(text, servers)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Documents and comments name only versions of servers with which a recorded test ran.
func TestTestedWith_NoOtherVersions(t *testing.T) {
	versions := map[string][]string{}
	for _, r := range readRecords(t) {
		versions[r.Server] = append(versions[r.Server], r.Version)
	}
	servers := slices.Sorted(maps.Keys(versions))
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if strings.HasPrefix(name, ".") && name != ".." || name == "testdata" {
				return filepath.SkipDir
			}
			return nil
		case name == "CHANGELOG.md", name == "RESULTS.md", strings.HasSuffix(name, "_test.go"):
			return nil // these may describe earlier releases and fictitious versions
		case filepath.Ext(name) != ".md" && filepath.Ext(name) != ".go":
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		for _, found := range versionsIn(string(text), servers) {
			server, version := found[0], found[1]
			if !slices.ContainsFunc(versions[server], func(v string) bool { return v == version || strings.HasPrefix(v, version+".") }) {
				t.Errorf("%s names %s %s, but the recorded tests ran only with %s", path, server, version, strings.Join(slices.Compact(slices.Sorted(slices.Values(versions[server]))), ", "))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("read only %d files", files)
	}
}
