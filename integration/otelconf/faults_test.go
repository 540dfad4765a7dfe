// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// faults returns the faults of an error, each as line, shortened path and reason.
func faults(t testing.TB, err error) []string {
	t.Helper()
	var list []string
	var collect func(error)
	collect = func(err error) {
		if several, ok := errors.AsType[interface {
			error
			Unwrap() []error
		}](err); ok {
			for _, e := range several.Unwrap() {
				collect(e)
			}
			return
		}
		if fault, ok := errors.AsType[*KeyError](err); ok {
			key := strings.TrimPrefix(fault.Key, "meter_provider.readers[0].periodic.")
			list = append(list, fmt.Sprintf("%d %s: %v", fault.Line, strings.TrimPrefix(key, "exporter."), fault.Err))
			return
		}
		list = append(list, err.Error())
	}
	if err != nil {
		collect(err)
	}
	return list
}

// In the documents of this test, the keys of the exporter begin in line 7.
func TestParseYAML_FaultsOfKeys(t *testing.T) {
	t.Setenv("SECRET", secret)
	t.Setenv("EMPTY", "")
	all := func(lines ...string) string { return "apptuit:\n            " + strings.Join(lines, "\n            ") }
	for name, test := range map[string]struct {
		exporter string
		want     []string
	}{
		"an unknown key":                       {all("endpoint: http://a", "tokens: "+secret), []string{`8 apptuit: unknown key "tokens": did you mean "token"?`}},
		"an unknown key without a similar one": {all("zzz: " + secret), []string{`7 apptuit: unknown key "zzz": integration/otelconf/README.md lists all keys`}},
		"a key that is too long to show":       {all(strings.Repeat("x", 41) + ": a"), []string{"7 apptuit: unknown key (name not shown): integration/otelconf/README.md lists all keys"}},
		"a token as part of a key":             {"apptuit: {token:" + secret + "}", []string{`6 apptuit: unknown key (name not shown): did you mean "token"?`}},
		"a text in place of keys":              {"apptuit: " + secret, []string{"6 apptuit: must be a mapping"}},
		"patterns in a list":                   {all("resource_attributes: [service.name]"), []string{"7 apptuit.resource_attributes: must be a mapping with the keys included, excluded"}},
		"quantiles in a text":                  {all("quantiles: '0.5,0.9'"), []string{"7 apptuit.quantiles: must be a list of numbers"}},
		"a list in place of keys":              {"apptuit: [token]", []string{"6 apptuit: must be a mapping"}},
		"values that are not strings":          {all("token: ["+secret+"]", "endpoint: {a: b}"), []string{"7 apptuit.token: must be a string", "8 apptuit.endpoint: must be a string"}},
		"a negative number of series":          {all("cardinality_warning: -1"), []string{"7 apptuit.cardinality_warning: must be at least 0"}},
		"values that are not integers":         {all("timeout: ${SECRET}", "cache_bytes: 1.5", "max_batch_points: '7'"), []string{"7 apptuit.timeout: must be an integer, in milliseconds", "8 apptuit.cache_bytes: must be an integer, in bytes", "9 apptuit.max_batch_points: must be an integer"}},
		"integers out of range": {all("timeout: -1", "sync_timeout: 0", "max_batch_points: 0", "max_batch_bytes: -5", "cache_bytes: -1", "retry: {max_interval: 99999999999999999}"), []string{
			"7 apptuit.timeout: must be at least 0, in milliseconds", "8 apptuit.sync_timeout: must be at least 1, in milliseconds", "9 apptuit.max_batch_points: must be at least 1",
			"10 apptuit.max_batch_bytes: must be at least 1, in bytes", "11 apptuit.cache_bytes: must be at least 0, in bytes", "12 apptuit.retry.max_interval: must be at most 9223372036854, in milliseconds",
		}},
		"values that are not booleans": {all("host_tag: ${SECRET}", "self_metrics: 1"), []string{"7 apptuit.host_tag: must be true or false", "8 apptuit.self_metrics: must be true or false"}},
		"unknown names":                {all("compression: ${SECRET}", "sanitize_mode: x", "temporality_preference: x", "default_histogram_aggregation: x"), []string{"7 apptuit.compression: must be gzip, deflate or none", "8 apptuit.sanitize_mode: must be prometheus, apptuit or none", "9 apptuit.temporality_preference: must be cumulative, delta or low_memory", "10 apptuit.default_histogram_aggregation: must be explicit_bucket_histogram or base2_exponential_bucket_histogram"}},
		"unknown names of the layout": {all("layout: x", "histograms: ${SECRET}", "timers: x", "duration_unit: y", "meters: 2"), []string{
			"7 apptuit.layout: must be default or reporter", "8 apptuit.histograms: must be recorded, buckets, quantiles or both", "9 apptuit.timers: must be unit, all or none",
			"10 apptuit.duration_unit: must be ns, us, ms, s, min, h or d", "11 apptuit.meters: must be true, false or a mapping with included and excluded",
		}},
		"meters in a list":                           {all("meters: [orders]"), []string{"7 apptuit.meters: must be true, false or a mapping with included and excluded"}},
		"an empty selection of meters":               {all("meters: {included: [], exclude: x}"), []string{`7 apptuit.meters: unknown key "exclude": did you mean "excluded"?`, `7 apptuit.meters.included: is empty: leave it out to include all, or exclude "*" to include none`}},
		"an included meter with an exclamation mark": {all("meters: {included: ['!orders']}"), []string{`7 apptuit.meters: included: "!orders" begins with an exclamation mark: list it in excluded, without the mark`}},
		"quantiles out of range":                     {all("quantiles: [0.5, 1.5, x]"), []string{"7 apptuit.quantiles[1]: must be a number between 0 and 1, for example 0.99", "7 apptuit.quantiles[2]: must be a number between 0 and 1, for example 0.99"}},
		"an empty list of quantiles":                 {all("quantiles: []"), []string{"7 apptuit.quantiles: must have 1 to 100 numbers"}},
		"a duplicate key":                            {all("token: a", "prefix: b", "token: "+secret), []string{"9 apptuit.token: duplicate key"}},
		"a list as a key":                            {all("? [a]", ": b"), []string{"7 apptuit: a key must be a string"}},
		"a token and a token file":                   {all("token: "+secret, "token_file: /nowhere"), []string{"8 apptuit.token_file: token is set, too: set only one of them"}},
		"tags in a list":                             {all("tags: [a]"), []string{"7 apptuit.tags: must be a mapping"}},
		"a tag that is not a string":                 {all("tags:", "  a: [b]"), []string{"8 apptuit.tags.a: must be a string"}},
		"headers in a mapping":                       {all("headers: {a: "+secret+"}", "headers_list: '"+secret+"'"), []string{"7 apptuit.headers: must be a list of mappings with the keys name, value", "8 apptuit.headers_list: header 1 has no equals sign: want name=value,name=value"}},
		"incomplete headers":                         {all("headers:", "  - {value: a}", "  - {name: a}", "  - {name: a, values: b}", "  - x"), []string{"8 apptuit.headers[0]: name is missing", "9 apptuit.headers[1]: value is missing", `10 apptuit.headers[2]: unknown key "values": did you mean "value"?`, "10 apptuit.headers[2]: value is missing", "11 apptuit.headers[3]: must be a mapping with the keys name, value", "11 apptuit.headers[3]: name is missing"}},
		"a certificate without a key":                {all("tls: {cert_file: a, ca: b}"), []string{`7 apptuit.tls: unknown key "ca": expected one of ca_file, cert_file, key_file`, "7 apptuit.tls.cert_file: requires key_file"}},
		"a key without a certificate":                {all("tls: {key_file: a}"), []string{"7 apptuit.tls.key_file: requires cert_file"}},
		"a proxy without a host":                     {all("proxy_url: 'http://user:" + secret + "@'"), []string{"7 apptuit.proxy_url: must look like http://host:port"}},
		"a malformed proxy URL":                      {all("proxy_url: 'http://user:" + secret + "@[host'"), []string{"7 apptuit.proxy_url: must look like http://host:port"}},
		"a proxy with another scheme":                {all("proxy_url: 'ftp://user:" + secret + "@host'"), []string{"7 apptuit.proxy_url: the scheme must be http, https, socks5 or socks5h"}},
		"an unknown key of retry":                    {all("retry: {enabled: x, interval: 1}"), []string{`7 apptuit.retry: unknown key "interval": expected one of enabled, initial_interval, max_interval, max_elapsed_time`, "7 apptuit.retry.enabled: must be true or false"}},
		"an empty selection of resource attributes":  {all("resource_attributes: {included: [], excluded: x}"), []string{`7 apptuit.resource_attributes.included: is empty: leave it out to include all, or exclude "*" to include none`, "7 apptuit.resource_attributes.excluded: must be a list of strings"}},
		"an empty selection of attributes":           {all("attributes: {included: [], exclude: x}"), []string{`7 apptuit.attributes: unknown key "exclude": did you mean "excluded"?`, `7 apptuit.attributes.included: is empty: leave it out to include all, or exclude "*" to include none`}},
		"an empty selection of target_info":          {all("target_info: {included: [], all: x}"), []string{`7 apptuit.target_info: unknown key "all": expected one of included, excluded`, `7 apptuit.target_info.included: is empty: leave it out to include all, or exclude "*" to include none`}},
		"patterns that are not strings":              {all("resource_attributes: {included: [{a: b}, null]}"), []string{"7 apptuit.resource_attributes.included[0]: must be a string", "7 apptuit.resource_attributes.included[1]: must be a string"}},
		"faults of all keys of the spool":            {all("spool: {max_bytes: 0, max_age: x, rate: .inf, instances: 2, dir: a}"), []string{`7 apptuit.spool: unknown key "dir": expected one of directory, instances, max_bytes, max_age, rate, insecure_directory`, "7 apptuit.spool.max_bytes: must be at least 1, in bytes", "7 apptuit.spool.max_age: must be an integer, in milliseconds", "7 apptuit.spool.rate: must be a number above 0", "7 apptuit.spool.instances: must be true or false", "7 apptuit.spool: directory is missing"}},
		"merge of itself":                            {all("retry: &r {<<: *r, enabled: 1}"), []string{"7 apptuit.retry.enabled: must be true or false"}},
	} {
		_, err := ParseYAML([]byte(documentWith(test.exporter)))
		if diff := cmp.Diff(test.want, faults(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if err != nil && leaks(err) {
			t.Errorf("%s: the error contains the secret: %v", name, err)
		}
	}
}

// Faults that exporter.New finds also have a key and a line. The faults of all exporters are
// reported together.
func TestNewSDK_FaultsNameKeys(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		want     []string
	}{
		"a missing token": {documentWith("apptuit:"), []string{
			"6 apptuit.token: is required for https://api.apptuit.ai: set token or token_file, or the variable APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE",
		}},
		"an empty token": {documentWith("apptuit:\n            prefix: a\n            token: ${NO_TOKEN}"), []string{
			"8 apptuit.token: is required for https://api.apptuit.ai: set token or token_file, or the variable APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE",
		}},
		"a missing token with the default endpoint as a key": {documentWith("apptuit:\n            endpoint: https://api.apptuit.ai/\n            token: \"${NO_TOKEN}\""), []string{
			"8 apptuit.token: is required for https://api.apptuit.ai: set token or token_file, or the variable APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE",
		}},
		"a user without a token": {documentWith("apptuit:\n            user_id: ann\n            endpoint: http://a\n            token: ''"), []string{
			"9 apptuit.token: is required with a user id: set token or token_file, or the variable APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE",
		}},
		"several exporters": {documentWith("apptuit: {endpoint: 'http://"+secret+"@a', token: "+secret+"}", "apptuit:\n            endpoint: ftp://a\n            user_id: a:b\n            headers: [{name: Host, value: "+secret+"}]\n            token: x"), []string{
			"6 apptuit.endpoint: the URL must not contain user information: set the user id and the token instead",
			"10 meter_provider.readers[1].periodic.exporter.apptuit.endpoint: the scheme must be http or https, as in https://host:port",
			"11 meter_provider.readers[1].periodic.exporter.apptuit.user_id: a user id cannot contain a colon",
			"12 meter_provider.readers[1].periodic.exporter.apptuit.headers: Host is set by the client",
		}},
		"Prometheus names with another sanitize mode": {documentWith("apptuit:\n            token: x\n            prometheus_names: true\n            sanitize_mode: none"), []string{
			"8 apptuit.prometheus_names: the sanitize mode must be prometheus, not none",
		}},
		"an empty pattern of meters": {documentWith("apptuit:\n            token: x\n            layout: reporter\n            meters: {excluded: ['']}"), []string{
			"9 apptuit.meters: pattern 1: there is no pattern after the exclamation mark",
		}},
		"meters in another layout": {documentWith("apptuit:\n            token: x\n            meters: {included: [orders]}"), []string{
			"8 apptuit.meters: only valid in the reporter layout (WithLayout, APPTUIT_LAYOUT)",
		}},
		"keys that exclude each other": {documentWith("apptuit:\n            token: x\n            self_metrics: false\n            usage_metrics: true"), []string{
			"9 apptuit.usage_metrics: usage_metrics and self_metrics: false exclude each other: use one of them",
		}},
		"a compression that the server does not accept": {documentWith("apptuit:\n            endpoint: http://a\n            server: influxdb\n            compression: deflate"), []string{
			"9 apptuit.compression: compression deflate: the server influxdb does not accept it (compression, APPTUIT_COMPRESSION, server, APPTUIT_SERVER)",
		}},
		"an invalid token": {documentWith("apptuit: {token: '" + secret + " x'}"), []string{"6 apptuit.token: the token contains white space or control characters"}},
		"a file as the folder of the spool": {documentWith("apptuit:\n            token: x\n            spool: {directory: testdata/plain.yaml}"), []string{
			"8 apptuit.spool: …", // the reason is an error of the operating system
		}},
		"files that cannot be used": {documentWith("apptuit:\n            token_file: testdata/none\n            tls: {ca_file: testdata/plain.yaml, cert_file: testdata/none, key_file: testdata/none}"), []string{
			`8 apptuit.tls.ca_file: file "testdata/plain.yaml": it contains no certificate in PEM format`,
			`8 apptuit.tls.cert_file: file "testdata/none": no such file or directory`,
			`8 apptuit.tls.key_file: file "testdata/none": no such file or directory`,
			`7 apptuit.token_file: file "testdata/none": no such file or directory`,
		}},
	} {
		sdk, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, test.document)))
		got := faults(t, err)
		for _, want := range test.want {
			want, part := strings.CutSuffix(want, "…")
			if !slices.ContainsFunc(got, func(text string) bool { return text == want || part && strings.HasPrefix(text, want) }) {
				t.Errorf("%s: missing: %s\nin %s", name, want, strings.Join(got, "\n"))
			}
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %d faults, want %d:\n%s", name, len(got), len(test.want), strings.Join(got, "\n"))
		}
		if err != nil && leaks(err) {
			t.Errorf("%s: the error contains the secret: %v", name, err)
		}
		count(t, sdk, "a", 1) // must not panic
		shutdown(t, sdk)
	}
}

// The readers of our exporter are taken out of the document before otelconf decodes it. Therefore
// this package reports their faults.
func TestParseYAML_FaultsOfReaders(t *testing.T) {
	const reader = "file_format: '1.0'\nmeter_provider:\n  readers:\n    - "
	t.Setenv("SECRET", secret)
	for name, test := range map[string]struct {
		document string
		want     []string
	}{
		"console and apptuit":                    {documentWith("apptuit: {token: x}\n          console:"), []string{"7 console: a reader has one exporter, here apptuit: put this one into a reader of its own"}},
		"apptuit and otlp":                       {documentWith("otlp_http: {endpoint: http://a}\n          apptuit:"), []string{"6 otlp_http: a reader has one exporter, here apptuit: put this one into a reader of its own"}},
		"pull and periodic":                      {reader + "periodic: {exporter: {apptuit: }}\n      pull: {exporter: {}}\n", []string{"5 meter_provider.readers[0].pull: a reader is either periodic or pull"}},
		"unknown keys of the reader":             {reader + "periodic: {exporter: {apptuit: }, intervall: 1}\n      name: x\n", []string{`4 meter_provider.readers[0].periodic: unknown key "intervall": did you mean "interval"?`, `5 meter_provider.readers[0]: unknown key "name": expected one of periodic, pull`}},
		"invalid durations":                      {reader + "periodic: {exporter: {apptuit: }, interval: ${SECRET}, timeout: -1}\n", []string{"4 interval: must be an integer, in milliseconds", "4 timeout: must be at least 0, in milliseconds"}},
		"invalid cardinality limits":             {reader + "periodic: {exporter: {apptuit: }, cardinality_limits: {default: 0, counters: 1, gauge: x}}\n", []string{`4 cardinality_limits: unknown key "counters": did you mean "counter"?`, "4 cardinality_limits.default: must be at least 1", "4 cardinality_limits.gauge: must be an integer"}},
		"unsupported producers":                  {reader + "periodic: {exporter: {apptuit: }, producers: [{opencensus: }, {prometheus: {a: b}}, prometheus]}\n", []string{"4 producers[0]: only the producers prometheus and runtime are supported", "4 producers[1].prometheus: must be empty", "4 producers[2]: must be a mapping"}},
		"the producer runtime":                   {reader + "periodic: {exporter: {apptuit: }, producers: [{runtime: {a: b}}, runtime]}\n    - periodic: {exporter: {otlp_http: {}}, producers: [{opencensus: }, {runtime: }]}\n    - pull: {exporter: {}, producers: [{runtime: }]}\n", []string{"4 producers[0].runtime: must be empty", "4 producers[1]: must be a mapping", "5 meter_provider.readers[1].periodic.producers[1].runtime: has no effect in a reader without the exporter apptuit", "6 meter_provider.readers[2].pull.producers[0].runtime: has no effect in a reader without the exporter apptuit"}},
		"a duplicate key":                        {documentWith("apptuit:\n          apptuit:"), []string{"7 apptuit: duplicate key"}},
		"a value of the wrong type for otelconf": {"disabled: ${SECRET}\n" + documentWith("apptuit:"), []string{"unmarshal error", "cannot unmarshal !!str `…` into bool"}},
		"durations with a unit":                  {reader + "periodic: {exporter: {apptuit: {timeout: 5s, retry: {max_interval: 1.5}, sync_timeout: }}, timeout: 8s}\n", []string{"4 apptuit.timeout: must be an integer, in milliseconds", "4 apptuit.retry.max_interval: must be an integer, in milliseconds", "4 timeout: must be an integer, in milliseconds"}},
		"invalid batch sizes":                    {reader + "periodic: {exporter: {apptuit: }, max_export_batch_size/development: 0}\n    - periodic: {exporter: {apptuit: }, max_export_batch_size/development: a}\n    - periodic: {exporter: {apptuit: }, max_export_batch_size: 1}\n", []string{"4 max_export_batch_size/development: must be at least 1", "5 meter_provider.readers[1].periodic.max_export_batch_size/development: must be an integer", `6 meter_provider.readers[2].periodic: unknown key "max_export_batch_size"`}},
		"faults of both packages":                {"file_format: '1.0'\nresource: 7\nmeter_provider:\n  readers:\n    - periodic: {exporter: {apptuit: {tokn: x}}}\n", []string{`5 apptuit: unknown key "tokn"`, "unmarshal error"}},
	} {
		_, err := ParseYAML([]byte(test.document))
		list := faults(t, err)
		got := strings.Join(list, "\n")
		if len(list) > len(test.want) && !strings.Contains(got, "unmarshal error") { // errors of yaml.v3 have several lines
			t.Errorf("%s: %d faults, want %d:\n%s", name, len(list), len(test.want), got)
		}
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: missing: %s\nin %s", name, want, got)
			}
		}
		if err == nil {
			t.Errorf("%s: ParseYAML returns no error", name)
		} else if leaks(err) {
			t.Errorf("%s: the error contains the secret: %v", name, err)
		}
	}
}

// An unknown exporter is a fault, even in a document without our exporter.
func TestParseYAML_UnknownExporters(t *testing.T) {
	t.Setenv("NAME", "apptuit")
	const all = "expected one of apptuit, console, otlp_grpc, otlp_http"
	for name, test := range map[string]struct {
		exporters []string
		want      []string
	}{
		"a missing letter":                {[]string{"aptuit:"}, []string{`6 exporter: unknown exporter "aptuit": did you mean "apptuit"?`}},
		"two letters exchanged":           {[]string{"apptiut: {token: x}"}, []string{`6 exporter: unknown exporter "apptiut": did you mean "apptuit"?`}},
		"additional letters":              {[]string{"apptuits_: null"}, []string{`6 exporter: unknown exporter "apptuits_": did you mean "apptuit"?`}},
		"a misspelt exporter of otelconf": {[]string{"otlp_htp: {endpoint: http://a}"}, []string{`6 exporter: unknown exporter "otlp_htp": did you mean "otlp_http"?`}},
		"a former name":                   {[]string{"otlp: {endpoint: http://a}"}, []string{`6 exporter: unknown exporter "otlp": ` + all}},
		"an exporter of a vendor":         {[]string{"zipkin:"}, []string{`6 exporter: unknown exporter "zipkin": ` + all}},
		"an exporter in development":      {[]string{"otlp_file/development:"}, []string{`6 exporter: unknown exporter "otlp_file/development": ` + all}},
		"a reference as a key":            {[]string{"${NAME}:"}, []string{"6 exporter: unknown exporter (name not shown): " + all}},
		"a misspelt exporter and another fault": {[]string{"console:\n          aptuit:", "apptuit: {tokn: x}"}, []string{
			`7 exporter: unknown exporter "aptuit": did you mean "apptuit"?`,
			`10 meter_provider.readers[1].periodic.exporter.apptuit: unknown key "tokn": did you mean "token"?`,
		}},
		"in a merge":       {[]string{"<<: {aptuit: }"}, []string{`6 exporter: unknown exporter "aptuit": did you mean "apptuit"?`}},
		"known exporters":  {[]string{"console:", "otlp_http: {endpoint: http://a}", "otlp_grpc: {endpoint: http://a}", "apptuit:"}, nil},
		"an empty mapping": {[]string{"{}"}, nil}, // otelconf reports the missing exporter
		"no exporter":      {[]string{"# nothing"}, nil},
	} {
		_, err := ParseYAML([]byte(documentWith(test.exporters...)))
		if diff := cmp.Diff(test.want, faults(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// An error of a file contains its name.
	writeFile(t, documentWith("aptuit:"))
	_, err := NewSDK()
	want := "OTEL_CONFIG_FILE: " + os.Getenv("OTEL_CONFIG_FILE") + `: apptuit otelconf: line 6: meter_provider.readers[0].periodic.exporter: unknown exporter "aptuit": did you mean "apptuit"?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSuggestion(t *testing.T) {
	many := topKeys()
	for name, want := range map[string]string{
		"token": "token", "tokn": "token", "tkoen": "token", "Token": "token", "tokens": "token", "token:secret": "token",
		"enpoint": "endpoint", "max_batch_point": "max_batch_points", "sanitise_mode": "sanitize_mode", "tag": "tags", "timeouts": "timeout",
		"zzz": "", "": "", "url": "", strings.Repeat("token", 1000): "",
	} {
		advice := "integration/otelconf/README.md lists all keys"
		if want != "" {
			advice = fmt.Sprintf("did you mean %q?", want)
		}
		if got := suggestion(name, many); got != advice {
			t.Errorf("%.20s: got %s, want %s", name, got, advice)
		}
	}
}

// The key apptuit is a fault in places where otelconf would ignore it.
func TestParseYAML_MisplacedApptuit(t *testing.T) {
	const ok = "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic: {exporter: {apptuit: {token: x}}}\n"
	for name, test := range map[string]struct {
		document string
		line     int
	}{
		"in a pull reader":              {"file_format: '1.0'\nmeter_provider:\n  readers:\n    - pull: {exporter: {apptuit: }}\n", 4},
		"with too little indentation":   {"file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic:\n        exporter:\n        apptuit:\n", 6},
		"in a misspelt provider":        {"file_format: '1.0'\nmeter_providers:\n  readers:\n    - periodic: {exporter: {apptuit: }}\n", 4},
		"in traces":                     {"file_format: '1.0'\ntracer_provider:\n  processors:\n    - batch: {exporter: {apptuit: }}\n", 4},
		"in logs":                       {"file_format: '1.0'\nlogger_provider:\n  processors:\n    - simple: {exporter: {apptuit: }}\n", 4},
		"in capitals":                   {"file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic: {exporter: {Apptuit: }}\n", 4},
		"in the second document":        {ok + "---\n" + ok, 9},
		"in an unused anchor":           {"x: &e {apptuit: }\n" + ok, 1},
		"outside of the meter provider": {ok + "x:\n  apptuit:\n", 6},
	} {
		_, err := ParseYAML([]byte(test.document))
		fault, is := errors.AsType[*KeyError](err)
		why := map[string]string{"in the second document": "only the first document", "in capitals": "lower case"}[name]
		if !is || fault.Line != test.line || fault.Key != "apptuit" || !strings.Contains(fault.Error(), why) {
			t.Errorf("%s: got %v, want a fault in line %d", name, err, test.line)
		}
	}
}

func TestParseYAML_InvalidYAMLHidesValues(t *testing.T) {
	for _, doc := range []string{
		documentWith("apptuit: {token: *" + secret + "}"),
		documentWith("apptuit: {token: " + secret),
		documentWith("apptuit: {token: !<" + secret + "> '}"),
		documentWith("apptuit:\n\t token: " + secret),
		documentWith("apptuit: {token: \"" + secret + "\\q\"}"),
		documentWith("apptuit: {token: &" + secret + "}"),
	} {
		if _, err := ParseYAML([]byte(doc)); err != nil && leaks(err) {
			t.Errorf("%s\nthe error contains the secret: %v", doc, err)
		} else if err == nil && !strings.Contains(doc, "&") {
			t.Errorf("%s\nParseYAML returns no error", doc)
		}
	}
}
