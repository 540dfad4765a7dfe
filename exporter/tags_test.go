// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// tagsOfPoint exports one point of a resource, and returns its tags as "key=value,
// key=value".
func tagsOfPoint(t *testing.T, res []attribute.KeyValue, point []attribute.KeyValue, opts ...Option) string {
	t.Helper()
	srv := memoryServer(t)
	e := newExporter(t, append([]Option{toServer(srv), WithoutSelfMetrics()}, opts...)...)
	rm := metricsOf(counter("n", number[int64](1, point...)))
	rm.Resource = resource.NewSchemaless(res...)
	mustExport(t, e, rm)
	points := arrived(srv)
	if len(points) != 1 {
		t.Fatalf("points %v, want one", points)
	}
	return strings.TrimSuffix(strings.TrimPrefix(points[0], "n{"), "} 1700000000 1")
}

func TestTags_Precedence(t *testing.T) {
	text := attribute.String
	t.Setenv("APPTUIT_TAGS", "a: environment, b: environment, c: environment, d: environment")
	res := []attribute.KeyValue{text("a", "resource"), text("b", "resource"), text("c", "resource"), text("d", "resource"), text("e", "resource"), text("host", "resource")}
	all := []Option{
		WithResourceAttributes(nil),
		WithClientOptions(apptuitclient.WithTags(map[string]string{"a": "client", "b": "client", "c": "client"})),
		WithTags(map[string]string{"a": "exporter", "b": "exporter"}),
	}
	for name, c := range map[string]struct {
		res, point []attribute.KeyValue
		options    []Option
		want       string
	}{
		"every layer": {
			res: res, point: []attribute.KeyValue{text("a", "point")}, options: all,
			want: "a=point, b=exporter, c=client, d=environment, e=resource, host=resource",
		},
		"after sanitizing": {
			res: []attribute.KeyValue{text("d.d", "resource")}, point: []attribute.KeyValue{text("b/b", "point")},
			options: []Option{WithResourceAttributes(nil), WithTags(map[string]string{"b b": "exporter", "d?d": "exporter"}), WithoutHostTag()},
			want:    "a=environment, b=environment, b_b=point, c=environment, d=environment, d_d=exporter",
		},
		"hidden, layer by layer": {
			res: res, point: []attribute.KeyValue{text("c", "")}, want: "b=environment, d=environment, e=resource",
			options: []Option{WithResourceAttributes(nil), WithTags(map[string]string{"a": "", "host": ""})},
		},
		"without the environment's": {
			options: []Option{WithoutEnvironmentTags(), WithTags(map[string]string{"a": "exporter"}), WithoutHostTag()},
			want:    "a=exporter",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tagsOfPoint(t, c.res, c.point, c.options...); got != c.want {
				t.Errorf("tags %s, want %s", got, c.want)
			}
		})
	}
}

// Maps that are passed to options are copied.
func TestWithTags_CopiesTheMap(t *testing.T) {
	tags := map[string]string{"k": "v"}
	option := WithTags(tags)
	tags["k"] = "changed"
	if got := tagsOfPoint(t, nil, nil, option, WithoutHostTag()); got != "k=v" {
		t.Errorf("tags %s, want those that were given", got)
	}
}

func TestHostTag(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	text := attribute.String
	point := []attribute.KeyValue{k("v")}
	for title, c := range map[string]struct {
		variable   string
		res, point []attribute.KeyValue
		options    []Option
		want       string
	}{
		"of the resource":          {res: []attribute.KeyValue{text("host.name", "web1")}, want: "host=web1, k=v"},
		"of the system":            {want: "host=" + name + ", k=v"},
		"the resource's is empty":  {res: []attribute.KeyValue{text("host.name", "")}, want: "host=" + name + ", k=v"},
		"of the resource as a tag": {res: []attribute.KeyValue{text("host", "tag"), text("host.name", "web1")}, options: []Option{WithResourceAttributes(nil)}, want: "host=tag, host_name=web1, k=v"},
		"one not chosen":           {res: []attribute.KeyValue{text("host", "tag"), text("host.name", "web1")}, want: "host=web1, k=v"},
		"of the point":             {res: []attribute.KeyValue{text("host.name", "web1")}, point: []attribute.KeyValue{text("host", "own")}, want: "host=own"},
		"of the exporter":          {res: []attribute.KeyValue{text("host.name", "web1")}, options: []Option{WithTags(map[string]string{"host": "mine"})}, want: "host=mine, k=v"},
		"removed by a tag":         {options: []Option{WithTags(map[string]string{"host": ""})}, want: "k=v"},
		"disabled":                 {res: []attribute.KeyValue{text("host.name", "web1")}, options: []Option{WithoutHostTag()}, want: "k=v"},
		"disabled, and yet given":  {options: []Option{WithoutHostTag(), WithTags(map[string]string{"host": "mine"})}, want: "host=mine, k=v"},
		"disabled by the variable": {variable: "Yes", want: "k=v"},
		"enabled by the variable":  {variable: "off", res: []attribute.KeyValue{text("host.name", "web1")}, want: "host=web1, k=v"},
		"the option beats it":      {variable: "off", options: []Option{WithoutHostTag()}, want: "k=v"},
		"nor is it read then":      {variable: "perhaps", options: []Option{WithoutHostTag()}, want: "k=v"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Setenv("APPTUIT_DISABLE_HOST_TAG", c.variable)
			if c.point == nil {
				c.point = point
			}
			if got := tagsOfPoint(t, c.res, c.point, c.options...); got != c.want {
				t.Errorf("tags %s, want %s", got, c.want)
			}
		})
	}
}

func TestWithResourceAttributes(t *testing.T) {
	text := attribute.String
	res := []attribute.KeyValue{
		text("service.name", "shop"), text("service.namespace", "eu"), text("service.instance.id", "i-1"),
		text("service.version", "2"), attribute.Int("process.pid", 7), text("bad key", "v"), text("", "v"),
	}
	for name, c := range map[string]struct {
		options []Option
		want    string
	}{
		"by default": {want: "service_instance_id=i-1, service_name=shop, service_namespace=eu"},
		"chosen":     {[]Option{WithResourceAttributes(attribute.NewAllowKeysFilter("process.pid"))}, "process_pid=7"},
		"all":        {[]Option{WithResourceAttributes(nil)}, "bad_key=v, process_pid=7, service_instance_id=i-1, service_name=shop, service_namespace=eu, service_version=2"},
		"all but one": {
			[]Option{WithResourceAttributes(attribute.NewDenyKeysFilter("service.name"))},
			"bad_key=v, process_pid=7, service_instance_id=i-1, service_namespace=eu, service_version=2",
		},
		// A resource attribute that would make every point invalid is left out.
		"mode none": {
			[]Option{WithResourceAttributes(nil), WithSanitizeMode(encoding.SanitizeNone)},
			"process.pid=7, service.instance.id=i-1, service.name=shop, service.namespace=eu, service.version=2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tagsOfPoint(t, res, nil, append(c.options, WithoutHostTag())...); got != c.want {
				t.Errorf("tags %s, want %s", got, c.want)
			}
		})
	}
}

func TestWithInstanceTag(t *testing.T) {
	srv := memoryServer(t)
	instance := func(e *Exporter, res ...attribute.KeyValue) string {
		t.Helper()
		rm := metricsOf(counter("n", number[int64](1)))
		rm.Resource = resource.NewSchemaless(res...)
		mustExport(t, e, rm)
		points := srv.Take()
		if len(points) != 1 {
			t.Fatalf("points %v, want one", points)
		}
		return points[0].Tags["service_instance_id"]
	}
	options := []Option{toServer(srv), WithoutSelfMetrics(), WithInstanceTag()}
	e, other := newExporter(t, options...), newExporter(t, options...)
	id := instance(e)
	if len(id) < 16 || id != instance(e) || id != instance(e, attribute.String("service.name", "x")) {
		t.Errorf("the instance tag is %q once, and something else later", id)
	}
	if id == instance(other) {
		t.Error("two exporters have one instance tag")
	}
	if got := instance(e, attribute.String("service.instance.id", "i-1")); got != "i-1" {
		t.Errorf("the instance tag is %q, want that of the resource", got)
	}
	if got := instance(newExporter(t, append(options, WithTags(map[string]string{"service_instance_id": "mine"}))...)); got != "mine" {
		t.Errorf("the instance tag is %q, want that of WithTags", got)
	}
}

func TestWithSanitizeMode_DefaultIsTheModeOfTheClient(t *testing.T) {
	attributes := []attribute.KeyValue{attribute.String("a.b?", "v")}
	for name, c := range map[string]struct {
		variable string
		options  []Option
		want     string
	}{
		"by default":        {"", nil, "a_b_=v"},
		"the variable":      {"apptuit", nil, "a.b_=v"},
		"the client's":      {"", []Option{WithClientOptions(apptuitclient.WithSanitizeMode(encoding.SanitizeApptuit))}, "a.b_=v"},
		"the exporter's":    {"none", []Option{WithSanitizeMode(encoding.SanitizeApptuit)}, "a.b_=v"},
		"the default, also": {"none", []Option{WithSanitizeMode(encoding.SanitizePrometheus)}, "a_b_=v"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_SANITIZE_MODE", c.variable)
			if got := tagsOfPoint(t, nil, attributes, append(c.options, WithoutHostTag())...); got != c.want {
				t.Errorf("tags %s, want %s", got, c.want)
			}
		})
	}
}

func TestWithPrefix(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithPrefix("apr."))
	rm := metricsOf(counter("n", number[int64](1)))
	rm.ScopeMetrics[0].Metrics = append(rm.ScopeMetrics[0].Metrics, explicitHistogram(metricdata.HistogramDataPoint[int64]{}))
	mustExport(t, e, rm)
	for _, p := range srv.Take() {
		if !strings.HasPrefix(p.Metric, "apr_") {
			t.Errorf("the name %s has no prefix", p.Metric)
		}
	}
}
