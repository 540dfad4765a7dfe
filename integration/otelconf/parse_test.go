// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	contrib "go.opentelemetry.io/contrib/otelconf"

	"github.com/apptuitai/apptuit-go/exporter"
)

// plain returns a document without the exporter apptuit that uses each part of otelconf's
// configuration.
func plain(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/plain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SERVICE", "shop")
	return string(text)
}

func TestParseYAML_WithoutApptuitAsOtelconf(t *testing.T) {
	for name, doc := range map[string]string{
		"everything":         plain(t),
		"empty":              "",
		"only a format":      "file_format: '1.0'\n",
		"a vendor's section": "file_format: '1.0'\ndistribution:\n  apptuit:\n    a: b\n",
		"no readers":         "file_format: '1.0'\nmeter_provider:\n",
		"a null reader":      "file_format: '1.0'\nmeter_provider:\n  readers:\n    -\n",
	} {
		want, err := contrib.ParseYAML([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := ParseYAML([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(*want, got.Rest); diff != "" {
			t.Errorf("%s: configuration (otelconf -, ParseYAML +):\n%s", name, diff)
		}
	}
}

// ParseYAML reports the errors of otelconf, but without the values that they quote.
func TestParseYAML_ReportsFaultsOfOtelconf(t *testing.T) {
	for doc, want := range map[string]string{
		"resource: {}\n": "",
		"file_format: '1.0'\nmeter_provider:\n  readers: 7\n":               "`…`",
		"file_format: '1.0'\nresource:\n  attributes:\n    - name: a\n":     "",
		"file_format: '1.0'\ndisabled: true\ndisabled: false\n":             "mapping key …",
		"file_format: '1.0'\nresource:\n  schema_url: [x]\n  attributes: x": "`…`",
	} {
		_, theirs := contrib.ParseYAML([]byte(doc))
		_, ours := ParseYAML([]byte(doc))
		if theirs == nil || ours == nil {
			t.Errorf("%s\notelconf returns the error %v, ParseYAML %v", doc, theirs, ours)
			continue
		}
		if got := ours.Error(); got != "apptuit otelconf: "+withoutValues(theirs).Error() || !strings.Contains(got, want) {
			t.Errorf("%s\notelconf returns the error %v, ParseYAML %v", doc, theirs, ours)
		}
	}
}

// Rest equals the configuration that otelconf decodes from the document without the readers that
// export to Apptuit.
func TestParseYAML_RestIsDocumentWithoutReaders(t *testing.T) {
	doc := plain(t)
	want, err := contrib.ParseYAML([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	const reader = "    - periodic: {interval: 7, exporter: {apptuit: {token: ${SERVICE}}}}\n"
	for name, doc := range map[string]string{
		"first": strings.Replace(doc, "  readers:\n", "  readers:\n"+reader, 1),
		"last":  strings.Replace(doc, "  views:\n", reader+"  views:\n", 1),
		"both":  strings.Replace(strings.Replace(doc, "  readers:\n", "  readers:\n"+reader, 1), "  views:\n", reader+"  views:\n", 1),
		// yaml.v3 omits nulls from a list of structs, which changes the indices.
		"after a null": strings.Replace(doc, "  readers:\n", "  readers:\n    -\n    - null\n"+reader, 1),
	} {
		got := parse(t, doc)
		if diff := cmp.Diff(*want, got.Rest); diff != "" {
			t.Errorf("%s: configuration (otelconf -, ParseYAML +):\n%s", name, diff)
		}
		if readers := strings.Count(doc, "apptuit:"); len(got.readers) != readers {
			t.Errorf("%s: %d readers, want %d", name, len(got.readers), readers)
		}
	}
}

func TestParseYAML_KeepsMeterProvider(t *testing.T) {
	c := parse(t, documentWith("apptuit:"))
	if c.Rest.MeterProvider == nil || len(c.Rest.MeterProvider.Readers) != 0 {
		t.Errorf("the meter provider is %+v, want one without readers", c.Rest.MeterProvider)
	}
}

func TestParseYAML_AcceptsAllFormsOfYAML(t *testing.T) {
	const reader = "file_format: '1.0'\nmeter_provider:\n  readers:\n    - "
	for name, doc := range map[string]string{
		"null":     reader + "periodic: {exporter: {apptuit: }}\n",
		"json":     `{"file_format": "1.0", "meter_provider": {"readers": [{"periodic": {"exporter": {"apptuit": {"prefix": "p."}}}}]}}`,
		"alias":    "x: &e {apptuit: {prefix: p.}}\n" + reader + "periodic: {exporter: *e}\n",
		"aliases":  "x: &m\n  readers:\n    - &r\n      periodic: &p {exporter: {apptuit: &a {prefix: p.}}}\nfile_format: '1.0'\nmeter_provider: *m\n",
		"merge":    "x: &e {prefix: p.}\n" + reader + "periodic: {exporter: {apptuit: {<<: *e, cache_bytes: 1}}}\n",
		"merges":   "x: [&e {prefix: p.}, &f {prefix: q., cache_bytes: 2}]\n" + reader + "periodic: {exporter: {apptuit: {cache_bytes: 1, <<: [*e, *f]}}}\n",
		"exporter": "x: &e {apptuit: {prefix: p.}}\n" + reader + "periodic: {exporter: {<<: *e}}\n",
		"endings":  strings.ReplaceAll(reader+"periodic:\n        exporter:\n          apptuit:\n            prefix: p.\n", "\n", "\r\n"),
		"more":     reader + "periodic: {exporter: {apptuit: }}\n---\nfile_format: '1.0'\n",
	} {
		c, err := ParseYAML([]byte(doc))
		if err != nil || len(c.readers) != 1 {
			t.Errorf("%s: %+v, %v", name, c, err)
			continue
		}
		prefix := "p."
		if name == "null" || name == "more" {
			prefix = ""
		}
		if got := c.readers[0].settings.placed["WithPrefix"]; prefix != "" && (got.node == nil || got.node.Value != prefix) {
			t.Errorf("%s: the prefix is %v", name, got.node)
		}
		if c.Rest.MeterProvider == nil || len(c.Rest.MeterProvider.Readers) != 0 {
			t.Errorf("%s: otelconf has kept readers: %+v", name, c.Rest.MeterProvider)
		}
	}
}

// A reference in a flow collection needs no quotation marks, although braces denote mappings there.
func TestParseYAML_ReferencesInFlowStyle(t *testing.T) {
	t.Setenv("APPTUIT_API_TOKEN", secret)
	srv := newServer(t)
	t.Setenv("URL", srv.URL)
	doc := documentWith("apptuit: {endpoint: ${URL}, token: ${APPTUIT_API_TOKEN}, tags: {zone: ${ZONE:-eu}}, sanitize_mode: prometheus, compression: gzip}")
	exportOnce(t, doc)
	for _, r := range srv.Requests() {
		if got := r.Header.Get("Authorization"); got != "Bearer "+secret {
			t.Errorf("Authorization: %q", got)
		}
	}
	for _, p := range srv.Points() {
		if p.Tags["zone"] != "eu" {
			t.Errorf("%v: the tag zone is missing", p)
		}
	}
	if srv.Total() == 0 {
		t.Error("the server has received no points")
	}
}

func TestParseYAML_RefusesExpensiveDocuments(t *testing.T) {
	tower := func(floor, item string) string {
		var b strings.Builder
		b.WriteString("file_format: '1.0'\nx0: &x0 " + floor + "\n")
		for i := range 9 {
			list := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", ")
			fmt.Fprintf(&b, "x%d: &x%d %s\n", i+1, i+1, fmt.Sprintf(item, list))
		}
		return b.String()
	}
	var keys, readers strings.Builder
	for i := range maxKeys + 1 {
		fmt.Fprintf(&keys, "k%d:\n", i)
	}
	readers.WriteString("file_format: '1.0'\nx: &r {periodic: {exporter: {apptuit: {quantiles: [0.5" + strings.Repeat(",0.5", 10_000) + "]}}}}\nmeter_provider: {readers: [*r")
	readers.WriteString(strings.Repeat(", *r", 10_000) + "]}\n")
	for name, test := range map[string]struct{ doc, want string }{
		"aliases":         {tower("a", "[%s]") + "resource: {attributes: [{name: a, value: *x9}]}\n", "excessive aliasing"},
		"merges":          {tower("{a: b}", "{<<: [%s]}") + "resource: *x9\n", "excessive aliasing"},
		"merge of itself": {"file_format: '1.0'\nresource: &x {<<: *x}\n", "contains itself"},
		"references":      {tower("'${A B}'", "[%s]"), "line 2: (name not shown): invalid reference"},
		"lists of keys":   {readers.String(), "too many merged keys or aliases"},
		"keys":            {"file_format: '1.0'\nx:\n  y:\n   " + strings.ReplaceAll(keys.String(), "\n", "\n   ") + "\n", "line 4: a mapping has more than 1000 keys"},
		"depth":           {"x: " + strings.Repeat("[", 20_000), "exceeded max depth"},
		"faults":          {"x: " + strings.Repeat("[", 5000) + strings.Repeat("${A B}, ", 50_000) + strings.Repeat("]", 5000), "line 1: x[0]"},
	} {
		_, err := ParseYAML([]byte(test.doc))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %.300v, want %s", name, err, test.want)
		} else if n := len(faults(t, err)); n > maxFaults+1 { // one more for the error of otelconf
			t.Errorf("%s: %d faults", name, n)
		}
	}
	// Nested aliases that are not used are accepted.
	if _, err := ParseYAML([]byte(tower("${HOME}", "[%s]"))); err != nil {
		t.Error(err)
	}
}

func TestFields_StopsAtMultiplyingMerges(t *testing.T) {
	var b strings.Builder
	b.WriteString("x0: &x0 {prefix: a}\n")
	for i := range 9 {
		fmt.Fprintf(&b, "x%d: &x%d {<<: [%s]}\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i), 10), ", "))
	}
	_, err := ParseYAML([]byte(b.String() + documentWith("apptuit: {<<: *x9}")))
	if err == nil || !strings.Contains(err.Error(), "too many merged keys") {
		t.Errorf("got %v", err)
	}
}

func TestExporters_ReturnsKeysAndOptions(t *testing.T) {
	t.Setenv("HOST", "h:1")
	c, err := ParseYAML([]byte("file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic: {exporter: {apptuit: }}\n    - periodic:\n        exporter:\n          apptuit:\n" +
		"            endpoint: http://${HOST}\n            timeout: 10000\n            spool: {directory: /spool}\n            tags: {env: test}\n            prefix:\n    - periodic: {exporter: {console: }}\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := c.Exporters()
	if len(all) != 2 || len(all[0].Keys) != 0 {
		t.Fatalf("%d exporters, the first with the keys %v", len(all), all[0].Keys)
	}
	want := []Key{{"endpoint", 8, "http://h:1"}, {"timeout", 9, "10000"}, {"spool.directory", 10, "/spool"}, {"tags.env", 11, "test"}}
	if diff := cmp.Diff(want, all[1].Keys); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	e, err := exporter.New(t.Context(), append(all[1].Options, exporter.WithoutSpool())...)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Client().Endpoint(); got != "http://h:1" {
		t.Errorf("the options have the endpoint %s", got)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// Exporters lists the keys that apply, including keys from aliases and merges, but no null keys.
func TestExporters_FollowsAliasesAndMerges(t *testing.T) {
	doc := "x: {timeout: &t 5000, common: &c {layout: reporter, endpoint: 'http://hidden:1'}}\n" +
		documentWith("apptuit:\n            <<: *c\n            endpoint: http://h:1\n            timeout: *t\n            max_tags: ~\n            server: null")
	all := parse(t, doc).Exporters()
	want := []Key{{"endpoint", 9, "http://h:1"}, {"timeout", 10, "5000"}, {"layout", 1, "reporter"}}
	if diff := cmp.Diff(want, all[0].Keys); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
}

// A variable that the document refers to is not reported as misspelt, even if its name begins with
// APPTUIT_.
func TestParseYAML_ReferencedVariablesAreNotMisspelt(t *testing.T) {
	t.Setenv("APPTUIT_OWN_TOKEN", "a")
	t.Setenv("APPTUIT_TOKN", "b")
	var warned []string
	handler := exporter.WithWarningHandler(func(err error) { warned = append(warned, err.Error()) })
	for _, e := range parse(t, documentWith("apptuit: {endpoint: \"http://localhost:1\", tags: {owner: \"${APPTUIT_OWN_TOKEN}\"}}")).Exporters() {
		exp, err := exporter.New(t.Context(), append(e.Options, handler)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := exp.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "APPTUIT_TOKN has no effect") {
		t.Errorf("warned %q", warned)
	}
}
