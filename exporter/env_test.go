// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// The exporter reads the variables of all settings that only exporter has an option for. The client
// reads all others.
func TestVariables_CoverTheTableOfSettings(t *testing.T) {
	var want []string
	for _, s := range settings.WithVariables() {
		if !slices.ContainsFunc(s.Options, func(o string) bool { return strings.HasPrefix(o, "apptuitclient.") }) {
			want = append(want, s.Name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys((&config{}).variables()))); diff != "" {
		t.Errorf("internal/settings -, exporter +:\n%s", diff)
	}
}

// The variables of tags have the effects of their options, which override them.
func TestVariables_Tags(t *testing.T) {
	text := attribute.String
	res := []attribute.KeyValue{text("service.name", "shop"), text("k8s.pod.name", "shop-0"), text("k8s.pod.uid", "1"), text("cloud.region", "eu")}
	point := []attribute.KeyValue{text("http.route", "/"), text("url.path", "/42")}
	for name, tt := range map[string]struct {
		env     map[string]string
		options []Option
		want    string
	}{
		"default":                         {nil, nil, "http_route=/, service_name=shop, url_path=/42"},
		"empty":                           {map[string]string{"APPTUIT_RESOURCE_ATTRIBUTES": " ", "APPTUIT_ATTRIBUTES": ""}, nil, "http_route=/, service_name=shop, url_path=/42"},
		"included and excluded":           {map[string]string{"APPTUIT_RESOURCE_ATTRIBUTES": "service.*, k8s.*, !k8s.*.uid"}, nil, "http_route=/, k8s_pod_name=shop-0, service_name=shop, url_path=/42"},
		"excluded only":                   {map[string]string{"APPTUIT_RESOURCE_ATTRIBUTES": "!k8s.*"}, nil, "cloud_region=eu, http_route=/, service_name=shop, url_path=/42"},
		"all":                             {map[string]string{"APPTUIT_RESOURCE_ATTRIBUTES": "*"}, nil, "cloud_region=eu, http_route=/, k8s_pod_name=shop-0, k8s_pod_uid=1, service_name=shop, url_path=/42"},
		"attributes of points":            {map[string]string{"APPTUIT_ATTRIBUTES": "!url.*"}, nil, "http_route=/, service_name=shop"},
		"the option overrides, resource":  {map[string]string{"APPTUIT_RESOURCE_ATTRIBUTES": "*"}, []Option{WithResourceAttributes(attribute.NewAllowKeysFilter("cloud.region"))}, "cloud_region=eu, http_route=/, url_path=/42"},
		"the option overrides, attribute": {map[string]string{"APPTUIT_ATTRIBUTES": "!*"}, []Option{WithAttributeFilter(nil)}, "http_route=/, service_name=shop, url_path=/42"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range tt.env {
				t.Setenv(variable, value)
			}
			if got := tagsOfPoint(t, res, point, append(tt.options, WithoutHostTag())...); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestVariables_InstanceTag(t *testing.T) {
	for text, want := range map[string]bool{"": false, "yes": true, "off": false} {
		t.Setenv("APPTUIT_INSTANCE_TAG", text)
		got := tagsOfPoint(t, []attribute.KeyValue{attribute.String("service.name", "shop")}, nil, WithoutHostTag())
		if strings.Contains(got, "service_instance_id=") != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestVariables_SelfMetrics(t *testing.T) {
	for text, want := range map[string]bool{"": true, "yes": true, "no": false} {
		t.Setenv("APPTUIT_SELF_METRICS", text)
		srv := memoryServer(t)
		mustExport(t, newExporter(t, toServer(srv)), metricsOf(counter("n", number[int64](1))))
		if got := len(arrived(srv)) > 1; got != want {
			t.Errorf("%q: %d points", text, len(arrived(srv)))
		}
	}
	t.Setenv("APPTUIT_SELF_METRICS", "yes")
	srv := memoryServer(t)
	mustExport(t, newExporter(t, toServer(srv), WithoutSelfMetrics()), metricsOf(counter("n", number[int64](1))))
	if n := len(arrived(srv)); n != 1 {
		t.Errorf("WithoutSelfMetrics does not override the variable: %d points", n)
	}
}

// A fault names the variable, and all faults are reported at once.
func TestVariables_Faults(t *testing.T) {
	faults := map[string]string{
		"APPTUIT_RESOURCE_ATTRIBUTES": "service.*,,x", "APPTUIT_ATTRIBUTES": "!", "APPTUIT_INSTANCE_TAG": "perhaps", "APPTUIT_SELF_METRICS": "2",
		"APPTUIT_HEADERS": "a", "APPTUIT_PROXY": "ftp://a", "APPTUIT_CLIENT_KEY": "/does/not/exist",
		"APPTUIT_RETRY_MAX_ELAPSED_TIME": "5", "APPTUIT_TIMEOUT": "5", "APPTUIT_ENDPOINT": "http://localhost/api/put", "APPTUIT_TAGS": "a: 1, a: 2",
	}
	for variable, text := range faults {
		t.Setenv(variable, text)
	}
	_, err := New(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	for variable := range faults {
		if !strings.Contains(err.Error(), variable+": ") {
			t.Errorf("no fault of %s in %v", variable, err)
		}
	}
}

// WithoutEnvironment ignores the variables of the exporter and of its client, also with a
// client of the program.
func TestWithoutEnvironment(t *testing.T) {
	for variable, text := range map[string]string{
		"APPTUIT_PREFIX": "env.", "APPTUIT_TAGS": "env: 1", "APPTUIT_ENDPOINT": "nonsense", "APPTUIT_LAYOUT": "nonsense", "APPTUIT_RESOURCE_ATTRIBUTES": "*", "APPTUIT_UNKNOWN": "1",
	} {
		t.Setenv(variable, text)
	}
	res := []attribute.KeyValue{attribute.String("service.name", "shop"), attribute.String("cloud.region", "eu")}
	quiet := apptuitclient.WithWarningHandler(func(err error) { t.Error(err) })
	want := "service_name=shop"
	if got := tagsOfPoint(t, res, nil, WithoutEnvironment(), WithoutHostTag(), WithClientOptions(quiet)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	srv := memoryServer(t)
	c, err := apptuitclient.New(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(srv.URL), apptuitclient.WithHTTPClient(srv.Client()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	mustExport(t, newExporter(t, WithClient(c), WithoutEnvironment(), WithoutSelfMetrics(), WithoutHostTag()), metricsOf(counter("n", number[int64](1))))
	wantArrived(t, srv, "n{service_name=shop} 1700000000 1")
}
