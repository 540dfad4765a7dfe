// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
)

// observation is a measurement. Its name and tags are an encoded name in Python, and an instrument with
// attributes in Go.
type observation struct {
	Kind  string            `json:"kind"` // counter, gauge, callback, histogram, meter, timer
	Name  string            `json:"name"`
	Tags  map[string]string `json:"tags"`
	Value number            `json:"value"`
}

// step has observations, the time until a report, and the report.
type step struct {
	Observe []observation `json:"observe"`
	Advance number        `json:"advance"` // seconds
	Report  bool          `json:"report"`
}

// reporting is a case: a reporter with observations and reports.
type reporting struct {
	name  string
	env   map[string]string
	steps []step

	prefix   string
	mode     string // of sanitizing; "" is the default, "None" Python's None
	tags     map[string]string
	host     bool     // with the host tag
	service  bool     // with the resource attributes of the default
	meters   []string // patterns of the sums that are meters here
	self     bool     // with the reporter's own metrics
	python   map[string]any
	faults   []apptuittest.Fault
	counters bool // counters are monotonic sums here, else up-down counters
}

// inPython runs apptuit-py's reporter with pyformance and a clock that the steps move.
func (r *reporting) inPython(t *testing.T, py *python, server *recorder, start time.Time) *outcome {
	t.Helper()
	options := map[string]any{
		"token": token, "api_endpoint": server.URL, "prefix": r.prefix, "disable_host_tag": true,
		"retry_count": 60, // is the timeout, see the differences
	}
	if r.host {
		delete(options, "disable_host_tag")
	}
	if r.tags != nil {
		options["tags"] = r.tags
	}
	switch r.mode {
	case "":
	case "None":
		options["sanitize_mode"] = nil
	default:
		options["sanitize_mode"] = r.mode
	}
	for name, value := range r.python {
		if value == "unset" {
			delete(options, name)
		} else {
			options[name] = value
		}
	}
	server.Fail(r.faults...)
	var result struct {
		Setup   *raised
		Errors  []*raised
		Handled [][]int
	}
	py.result(t, "report", map[string]any{"env": r.env, "reporter": options, "steps": r.steps, "start": number(start.Unix())}, &result)
	o := r.collect(server)
	if result.Setup != nil {
		o.Facts["exporter"] = "refused"
	}
	for i, err := range result.Errors {
		if err != nil {
			o.Facts[fmt.Sprintf("report %d", i)] = err.Type
		}
	}
	for i, handled := range result.Handled {
		o.Facts[fmt.Sprintf("handled error %d", i)] = fmt.Sprintf("status %d, %d successful, %d failed, %d listed", handled[0], handled[1], handled[2], handled[3])
	}
	return o
}

// collect returns the points at the server as an outcome. It does not have the number of requests, because
// both sides send their own metrics in separate requests. It has own metrics if the case includes them.
func (r *reporting) collect(server *recorder) *outcome {
	o := collect(server)
	delete(o.Facts, "requests")
	if !r.self {
		o.points(func(p *point) bool { return !ownMetric(p) })
	}
	return o
}

// inGo runs our exporter in the reporter layout, in a bubble with the same time.
func (r *reporting) inGo(t *testing.T) *outcome {
	t.Helper()
	server := newRecorder()
	defer server.Close()
	for name, value := range r.env {
		t.Setenv(name, value)
	}
	client := []apptuitclient.Option{
		apptuitclient.WithEndpoint(server.URL), apptuitclient.WithToken(token), apptuitclient.WithHTTPClient(&http.Client{Transport: server}),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{}), apptuitclient.WithWarningHandler(func(error) {}),
	}
	if r.mode != "" {
		mode, err := encoding.ParseSanitizeMode(r.mode)
		if err != nil {
			t.Fatal(err)
		}
		client = append(client, apptuitclient.WithSanitizeMode(mode))
	}
	var handled []string
	options := []exporter.Option{
		exporter.WithLayout(exporter.LayoutReporter), exporter.WithClientOptions(client...), exporter.WithPrefix(r.prefix), exporter.WithTags(r.tags),
		exporter.WithErrorHandler(func(e *apptuitclient.SendError) {
			handled = append(handled, fmt.Sprintf("status %d, %d successful, %d failed, %d listed", e.StatusCode, e.Successful, e.Failed, len(e.Errors)))
		}),
	}
	if !r.host && r.env["APPTUIT_DISABLE_HOST_TAG"] == "" {
		options = append(options, exporter.WithoutHostTag())
	}
	if !r.service {
		options = append(options, exporter.WithResourceAttributes(attribute.NewAllowKeysFilter()))
	}
	if r.meters != nil {
		options = append(options, exporter.WithMeters(r.meters...))
	}
	if !r.self {
		options = append(options, exporter.WithoutSelfMetrics())
	}
	server.Fail(r.faults...)
	exp, err := exporter.New(t.Context(), options...)
	if err != nil {
		o := r.collect(server)
		o.Facts["exporter"] = "refused"
		return o
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(24*time.Hour))),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))), sdkmetric.WithView(named))
	instruments := &instruments{meter: provider.Meter("shop"), record: map[string]func(context.Context, float64, metric.MeasurementOption){}, counters: r.counters}
	facts := map[string]string{}
	reports := 0
	for _, s := range r.steps {
		for _, o := range s.Observe {
			if err := instruments.observe(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(math.Round(float64(s.Advance) * float64(time.Second))))
		if s.Report {
			if err := provider.ForceFlush(t.Context()); err != nil {
				facts[fmt.Sprintf("report %d", reports)] = "ApptuitSendException"
			}
			reports++
		}
	}
	o := r.collect(server)
	if err := provider.Shutdown(t.Context()); err != nil {
		o.Facts["shutdown"] = err.Error()
	}
	server.take() // discards the points that Shutdown has exported
	for i, text := range handled {
		o.Facts[fmt.Sprintf("handled error %d", i)] = text
	}
	maps.Copy(o.Facts, facts)
	return o
}

// named is a View that gives instruments names that the API does not accept. The API gets "n:" and the
// name in hexadecimal digits.
func named(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	var name []byte
	if n, err := fmt.Sscanf(i.Name, "hex%x", &name); n != 1 || err != nil {
		return sdkmetric.Stream{}, false
	}
	return sdkmetric.Stream{Name: string(name), Unit: i.Unit}, true
}

// instruments are the instruments of a program.
type instruments struct {
	meter    metric.Meter
	record   map[string]func(context.Context, float64, metric.MeasurementOption)
	counters bool
}

func (i *instruments) observe(ctx context.Context, o observation) error {
	key := o.Kind + " " + o.Name
	record := i.record[key]
	if record == nil {
		var err error
		if record, err = i.create(o.Kind, fmt.Sprintf("hex%x", o.Name)); err != nil {
			return err
		}
		i.record[key] = record
	}
	var attributes []attribute.KeyValue
	for key, value := range o.Tags {
		attributes = append(attributes, attribute.String(key, value))
	}
	record(ctx, float64(o.Value), metric.WithAttributes(attributes...))
	return nil
}

func (i *instruments) create(kind, name string) (func(context.Context, float64, metric.MeasurementOption), error) {
	switch kind {
	case "counter":
		if i.counters {
			c, err := i.meter.Float64Counter(name)
			return func(ctx context.Context, v float64, o metric.MeasurementOption) { c.Add(ctx, v, o) }, err
		}
		c, err := i.meter.Float64UpDownCounter(name)
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { c.Add(ctx, v, o) }, err
	case "meter":
		c, err := i.meter.Int64Counter(name)
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { c.Add(ctx, int64(v), o) }, err
	case "gauge":
		g, err := i.meter.Float64Gauge(name)
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { g.Record(ctx, v, o) }, err
	case "callback":
		var value float64
		var option metric.MeasurementOption
		_, err := i.meter.Float64ObservableGauge(name, metric.WithFloat64Callback(func(_ context.Context, observer metric.Float64Observer) error {
			observer.Observe(value, option)
			return nil
		}))
		return func(_ context.Context, v float64, o metric.MeasurementOption) { value, option = v, o }, err
	case "histogram":
		h, err := i.meter.Float64Histogram(name, metric.WithUnit("By"))
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { h.Record(ctx, v, o) }, err
	case "timer":
		h, err := i.meter.Float64Histogram(name, metric.WithUnit("s"))
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { h.Record(ctx, v, o) }, err
	}
	return nil, fmt.Errorf("no instrument of the kind %s", kind)
}

// TestReporter compares the points of reports.
func TestReporter(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "reports")
	// A bubble begins at this time.
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range reports() {
		theirs := r.inPython(t, py, server, start)
		var ours *outcome
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { ours = r.inGo(t) })
		})
		if ours == nil {
			c.partial = true
			continue
		}
		c.check(r.name, &reportingRun{&r, func(one *reporting) *outcome { return one.inPython(t, py, server, start) }}, theirs, ours)
	}
}

// reportingRun is the input of a difference: the case, and a function that runs another case in Python.
type reportingRun struct {
	*reporting
	again func(one *reporting) *outcome
}

// oneByOne returns the outcome in Python with a separate report for each observation of the first report.
func (r *reportingRun) oneByOne() *outcome {
	all := newOutcome()
	for _, o := range r.steps[0].Observe {
		single := *r.reporting
		single.steps = []step{r.steps[0]}
		single.steps[0].Observe = []observation{o}
		one := r.again(&single)
		all.Sent = append(all.Sent, one.Sent...)
		all.Stored = append(all.Stored, one.Stored...)
	}
	return all
}

func reports() []reporting {
	type tags = map[string]string
	observe := func(kind, name string, values ...float64) []observation {
		var all []observation
		for _, v := range values {
			all = append(all, observation{Kind: kind, Name: name, Value: number(v)})
		}
		return all
	}
	report := func(advance float64, observations ...observation) step {
		return step{Advance: number(advance), Observe: observations, Report: true}
	}
	of := func(kind, name string, set tags, v float64) observation {
		return observation{Kind: kind, Name: name, Tags: set, Value: number(v)}
	}
	kinds := []string{"counter", "gauge", "callback", "histogram", "meter", "timer"}
	var all []reporting

	// Values of each kind, in one report.
	r := rand.New(rand.NewPCG(5, 6))
	uniform, normal, exponential := make([]float64, 1000), make([]float64, 500), make([]float64, 300)
	for i := range uniform {
		uniform[i] = 1 + 9*r.Float64()
	}
	for i := range normal {
		normal[i] = max(1, 100+20*r.NormFloat64())
	}
	for i := range exponential {
		exponential[i] = r.ExpFloat64()
	}
	for name, values := range map[string][]float64{
		"one": {1}, "zero": {0}, "a fraction": {0.25}, "two": {1, 2}, "three equal": {5, 5, 5}, "1 to 10": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "uniform": uniform, "normal": normal, "exponential": exponential,
		"large": {1e9, 2e9}, "seven decades": {0.001, 0.1, 10, 1000, 9999}, "small": {1e-6, 2e-6, 3e-6}, "integers": {100, 200, 300, 400},
	} {
		for _, kind := range kinds {
			if kind == "meter" && slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) }) {
				continue // is an integer here
			}
			all = append(all, reporting{name: kind + ", " + name, meters: metersOf(kind), steps: []step{report(10, observe(kind, "m", values...)...)}})
		}
	}
	all = append(all,
		reporting{name: "a counter up and down", steps: []step{report(10, observe("counter", "m", 5, -2, -7)...)}},
		reporting{name: "a monotonic counter", counters: true, steps: []step{report(10, observe("counter", "m", 5, 2)...), report(10, observe("counter", "m", 1)...)}},
		reporting{name: "a negative gauge", steps: []step{report(10, observe("gauge", "m", -1.5)...)}},
		reporting{name: "a NaN in a gauge", steps: []step{report(10, slices.Concat(observe("gauge", "m", math.NaN()), observe("counter", "n", 1))...)}},
		reporting{name: "an infinity in a gauge", steps: []step{report(10, slices.Concat(observe("gauge", "m", math.Inf(1)), observe("counter", "n", 1))...)}},
		reporting{name: "negative values in a histogram", steps: []step{report(10, observe("histogram", "m", -1, -2, -3)...)}},
		reporting{name: "a negative value in a timer", steps: []step{report(10, observe("timer", "m", 1, -1)...)}},
		reporting{name: "values beyond 2^31 in a histogram", steps: []step{report(10, observe("histogram", "m", 3e9, 4e9)...)}},
		reporting{name: "values below -2^31 in a histogram", steps: []step{report(10, observe("histogram", "m", -3e9)...)}},
	)

	// Several reports.
	for _, kind := range kinds {
		values := [][]float64{{1, 2, 3}, {10, 20}, {5}}
		var steps []step
		for _, v := range values {
			steps = append(steps, report(10, observe(kind, "m", v...)...))
		}
		all = append(all,
			reporting{name: kind + " in three reports", meters: metersOf(kind), steps: steps},
			reporting{name: kind + " with idle reports", meters: metersOf(kind), steps: []step{report(10, observe(kind, "m", 1, 2)...), report(10), report(10), report(10, observe(kind, "m", 3)...)}},
			reporting{name: kind + " that begins later", meters: metersOf(kind), steps: []step{report(10, observe("gauge", "first", 1)...), report(10, observe(kind, "m", 4)...), report(10, observe(kind, "m", 6)...)}},
			reporting{name: kind + " in reports that come too fast", meters: metersOf(kind), steps: []step{report(2, observe(kind, "m", 4)...), report(2, observe(kind, "m", 6)...), report(2), report(2)}},
		)
	}
	steady := make([]step, 0, 60)
	for i := range 60 {
		steady = append(steady, report(10, observe("meter", "m", float64(10+i%7))...))
	}
	all = append(all, reporting{name: "a meter for ten minutes", meters: []string{"*"}, steps: steady})
	burst := []step{report(10, observe("meter", "m", 1000)...)}
	for range 30 {
		burst = append(burst, report(60))
	}
	all = append(all, reporting{name: "a meter that is idle after a burst", meters: []string{"*"}, steps: burst})

	// Timestamps.
	for _, advance := range []float64{1, 1.25, 1.5, 1.75, 2.5, 60} {
		all = append(all, reporting{name: fmt.Sprintf("a report after %v s", advance), steps: []step{report(advance, observe("gauge", "m", 1)...)}})
	}

	// Names, prefixes and modes.
	for _, mode := range []string{"", "prometheus", "apptuit", "None"} {
		for _, prefix := range []string{"", "shop.", "9", "é "} {
			for _, name := range []string{"order_count", "http.server.duration", "a b", "9a", "é", "a__b", "größe/日本", "m²", "٣_a", "نسخة٣٣"} {
				all = append(all, reporting{
					name: fmt.Sprintf("%q after %q in mode %s", name, prefix, mode), mode: mode, prefix: prefix,
					steps: []step{report(10, observation{Kind: "gauge", Name: name, Tags: tags{"k": "v"}, Value: 1})}, tags: tags{"t": "1"},
				})
			}
		}
	}

	for _, mode := range []string{"apptuit", "None"} {
		all = append(all, reporting{
			name: "instruments that differ in a number, in mode " + mode, mode: mode, tags: tags{"t": "1"},
			steps: []step{report(10, slices.Concat(observe("gauge", "m²", 2), observe("gauge", "m³", 3), observe("gauge", "n", 1))...)},
		})
	}

	// Tags.
	for _, set := range []tags{
		nil,
		{},
		{"k": "v"},
		{"city-code": "ZRH", "b": "2"},
		{"a.b": "1"},
		{"a.b": "1", "a_b": "2"},
		{"é": "ü"},
		{"9": "9"},
		{"k": ""},
		{"t": "own"},
		{"e": "own"},
		{"host": "own"},
		{"host": ""},
		{"a b": "{}"},
		{"k": "日本 😀 \"quoted\"\n"},
		manyTags("p", 22), manyTags("p", 23), manyTags("p", 24), manyTags("p", 25), manyTags("p", 26),
	} {
		for _, host := range []bool{false, true} {
			all = append(all, reporting{
				name: fmt.Sprintf("tags %.60q, host %t", set, host), tags: tags{"t": "reporter", "both": "reporter"}, env: tags{"APPTUIT_TAGS": "e: environment, both: environment"}, host: host,
				steps: []step{report(10, of("counter", "m", set, 1), of("gauge", "n", tags{"fine": "yes"}, 1))},
			})
		}
	}
	for n := range 8 {
		s := reporting{name: fmt.Sprintf("sources %03b", n), steps: []step{report(10, of("gauge", "m", nil, 1))}}
		if n&1 != 0 {
			s.tags = tags{"host": "reporter", "r": "1"}
		}
		if n&2 != 0 {
			s.env = tags{"APPTUIT_TAGS": "host: environment, e: 1"}
		}
		s.host = n&4 != 0
		all = append(all, s)
	}
	for _, text := range []string{"yes", "no", "1", "0", "TRUE", "off", "nonsense", ""} {
		all = append(all, reporting{name: fmt.Sprintf("APPTUIT_DISABLE_HOST_TAG=%q", text), host: true, env: tags{"APPTUIT_DISABLE_HOST_TAG": text}, steps: []step{report(10, of("gauge", "m", tags{"k": "v"}, 1))}})
	}
	all = append(all,
		reporting{name: "an empty tag of the reporter", tags: tags{"t": "", "u": "v"}, steps: []step{report(10, of("gauge", "m", tags{"k": "v"}, 1))}},
		reporting{name: "an empty host tag of the reporter", host: true, tags: tags{"host": ""}, steps: []step{report(10, of("gauge", "m", tags{"k": "v"}, 1))}},
		reporting{name: "the deprecated variable", env: tags{"APPTUIT_PY_TAGS": "old: 1"}, steps: []step{report(10, of("gauge", "m", nil, 1))}},
		reporting{name: "invalid APPTUIT_TAGS", env: tags{"APPTUIT_TAGS": "nonsense"}, steps: []step{report(10, of("gauge", "m", nil, 1))}},
		reporting{name: "the resource", service: true, steps: []step{report(10, of("gauge", "m", tags{"k": "v"}, 1))}},
		reporting{name: "no points", steps: []step{report(10)}},
	)
	many := []observation{}
	for i := range 500 {
		many = append(many, of("counter", "m"+strconv.Itoa(i%10), tags{"n": strconv.Itoa(i)}, float64(i)))
	}
	all = append(all, reporting{name: "500 series", steps: []step{report(10, many...), report(10, many...)}})

	wide := make([]observation, 2100)
	for i := range wide {
		wide[i] = of("gauge", "m", tags{"n": strconv.Itoa(i)}, float64(i))
	}
	all = append(all, reporting{name: "2,100 series of one instrument", steps: []step{report(10, wide...)}})

	// The reporter's own metrics, and failures.
	gauge := observe("gauge", "m", 1)
	reject := apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "bad_value" {
			return "no"
		}
		return ""
	})
	bad := slices.Concat(observe("gauge", "bad", 1), observe("gauge", "good", 2))
	all = append(all,
		reporting{name: "own metrics", self: true, tags: tags{"t": "1"}, steps: []step{report(10, gauge...), report(10, gauge...), report(10, gauge...)}},
		reporting{name: "own metrics with a prefix", self: true, prefix: "shop.", steps: []step{report(10, gauge[0], of("gauge", "n", tags{"k": "v"}, 1)), report(10, gauge...)}, tags: tags{"t": "1"}},
		reporting{name: "a rejected point", tags: tags{"t": "1"}, steps: []step{report(10, bad...)}, faults: []apptuittest.Fault{reject}},
		reporting{name: "own metrics after a rejected point", self: true, tags: tags{"t": "1"}, steps: []step{report(10, bad...), report(10, bad...)}, faults: []apptuittest.Fault{reject}},
		reporting{name: "503", tags: tags{"t": "1"}, steps: []step{report(10, bad...)}, faults: []apptuittest.Fault{apptuittest.Status(503)}},
		reporting{name: "own metrics with meters", self: true, meters: []string{"*"}, tags: tags{"t": "1"}, steps: []step{report(10, gauge...), report(10, gauge...)}},
		reporting{
			name: "counters and meters", self: true, counters: true, meters: []string{"http.*", "m", "!*.count"}, tags: tags{"t": "1"},
			steps: []step{
				report(10, slices.Concat(observe("meter", "http.requests", 5, 2), observe("counter", "http.count", 3), observe("meter", "m", 1), observe("counter", "n", 4))...),
				report(10, slices.Concat(observe("meter", "http.requests", 1), observe("counter", "http.count", 1))...),
			},
		},
		reporting{name: "a meter that is reported at once", meters: []string{"*"}, steps: []step{report(0, observe("meter", "m", 1)...)}},
		reporting{name: "the default of retry_count", python: map[string]any{"retry_count": "unset"}, steps: []step{report(10, of("gauge", "m", tags{"k": "v"}, 1))}},
	)
	for i := range all {
		if all[i].tags == nil && !all[i].host && all[i].env == nil && !all[i].service {
			all[i].tags = tags{"t": "1"} // a point needs one
		}
	}
	return all
}

// metersOf returns the patterns for the instruments of a case, which have one kind.
func metersOf(kind string) []string {
	if kind == "meter" {
		return []string{"*"}
	}
	return nil
}

// ownMetric reports whether a point is about the reporter itself.
func ownMetric(p *point) bool {
	for _, prefix := range []string{"apptuit_reporter_", "shop_apptuit_reporter_"} {
		if len(p.Metric) > len(prefix) && p.Metric[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}
