// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// dump reads the metrics of a receiver (testdata/dumps/README.md).
func dump(t testing.TB, name string) pmetric.Metrics {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "dumps", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	md, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(data)
	if err != nil {
		t.Fatal(err)
	}
	return md
}

// dumps returns the number of data points of each dump. All are numbers, so that each becomes
// one point.
func dumps() map[string]int {
	return map[string]int{"kubeletstats": 289, "kubeletstats_volumes": 40, "docker_stats": 143, "k8s_cluster": 132, "hostmetrics": 110}
}

// several returns the resources of md n times, each time with other values of the given
// attributes.
func several(md pmetric.Metrics, n int, keys ...string) pmetric.Metrics {
	all := pmetric.NewMetrics()
	for i := range n {
		for _, rm := range md.ResourceMetrics().All() {
			to := all.ResourceMetrics().AppendEmpty()
			rm.CopyTo(to)
			for _, key := range keys {
				if v, ok := to.Resource().Attributes().Get(key); ok && v.AsString() != "" {
					v.SetStr(fmt.Sprintf("%s-%d", v.AsString(), i))
				}
			}
		}
	}
	return all
}

// put adds an attribute to all resources.
func put(md pmetric.Metrics, attributes ...any) pmetric.Metrics {
	for _, rm := range md.ResourceMetrics().All() {
		putAttributes(rm.Resource().Attributes(), attributes...)
	}
	return md
}

// join returns the resources of all metrics in one.
func join(all ...pmetric.Metrics) pmetric.Metrics {
	joined := pmetric.NewMetrics()
	for _, md := range all {
		md.ResourceMetrics().MoveAndAppendTo(joined.ResourceMetrics())
	}
	return joined
}

// series returns the series of points, each with the number of its points.
func series(points []apptuittest.Point) map[string]int {
	counts := make(map[string]int)
	for _, p := range points {
		name, _, _ := strings.Cut(p.String(), "} ")
		counts[name+"}"]++
	}
	return counts
}

// wantApart checks that all data points of a push arrive, each in a series of its own.
func wantApart(t *testing.T, r *rig, md pmetric.Metrics) {
	t.Helper()
	n := md.DataPointCount()
	if err := r.e.push(t.Context(), md); err != nil {
		t.Error(err)
	}
	counts := series(r.srv.Take())
	if len(counts) != n {
		t.Errorf("%d data points arrive as %d series", n, len(counts))
	}
	for name, count := range counts {
		if count > 1 {
			t.Errorf("%d data points are %s", count, name)
		}
	}
	if got, want := r.tally(t), (tally{Accepted: int64(n)}); got != want {
		t.Errorf("%+v, want %+v: %q", got, want, r.lines(zapcore.WarnLevel))
	}
}

// By default, each data point of a receiver gets a series of its own.
func TestEntities_AreKeptApart(t *testing.T) {
	for name, points := range dumps() {
		t.Run(name, func(t *testing.T) {
			md := dump(t, name)
			if n := md.DataPointCount(); n != points {
				t.Fatalf("%d data points, want %d", n, points)
			}
			wantApart(t, newRig(t, nil), md)
		})
	}
}

// entities yields pushes of several entities that differ in their identifying attributes only.
func entities(t testing.TB) map[string]pmetric.Metrics {
	return map[string]pmetric.Metrics{
		"pods":            several(dump(t, "kubeletstats"), 3, "k8s.pod.uid", "k8s.node.name"),
		"pod names":       several(dump(t, "kubeletstats"), 3, "k8s.pod.uid", "k8s.pod.name", "k8s.node.name"),
		"volumes":         several(dump(t, "kubeletstats_volumes"), 3, "k8s.volume.name"),
		"pods of volumes": several(dump(t, "kubeletstats_volumes"), 3, "k8s.pod.uid"),
		"objects":         several(dump(t, "k8s_cluster"), 3, slices.Collect(uids())...),
		"clusters": join(
			put(several(dump(t, "kubeletstats"), 1, "k8s.pod.uid"), "k8s.cluster.name", "a"),
			put(dump(t, "kubeletstats"), "k8s.cluster.name", "b")),
		"containers":          put(several(withoutEmpty(dump(t, "docker_stats")), 3, "container.id"), "host.name", "web1"),
		"hosts of containers": join(put(dump(t, "docker_stats"), "host.name", "web1"), put(dump(t, "docker_stats"), "host.name", "web2")),
		"hosts":               join(put(dump(t, "hostmetrics"), "host.name", "web1"), put(dump(t, "hostmetrics"), "host.name", "web2")),
		"host ids":            join(put(dump(t, "hostmetrics"), "host.id", "i-1"), put(dump(t, "hostmetrics"), "host.id", "i-2")),
	}
}

// uids yields the attributes that identify objects of Kubernetes.
func uids() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, object := range []string{
			"namespace", "node", "pod", "deployment", "replicaset", "statefulset", "daemonset", "job", "cronjob", "hpa",
			"service", "persistentvolume", "persistentvolumeclaim",
		} {
			if !yield("k8s." + object + ".uid") {
				return
			}
		}
	}
}

// withoutEmpty removes resources without attributes, which stand for the receiver's host.
func withoutEmpty(md pmetric.Metrics) pmetric.Metrics {
	md.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool { return rm.Resource().Attributes().Len() == 0 })
	return md
}

func TestEntities_OfOneKindAreKeptApart(t *testing.T) {
	for name, md := range entities(t) {
		t.Run(name, func(t *testing.T) { wantApart(t, newRig(t, nil), md) })
	}
}

// A Collector in a cluster adds more attributes than a point can have tags.
func TestEntities_WithManyAttributesAreKeptApart(t *testing.T) {
	for name, md := range entities(t) {
		t.Run(name, func(t *testing.T) {
			for i, rm := range md.ResourceMetrics().All() {
				enrich(rm.Resource().Attributes(), i)
			}
			wantApart(t, newRig(t, nil), md)
		})
	}
}

// enrich adds the attributes of the processors k8s_attributes and resource_detection, and a few
// labels.
func enrich(m pcommon.Map, i int) {
	for _, key := range []string{
		"cloud.account.id", "cloud.availability_zone", "cloud.platform", "cloud.provider", "cloud.region", "host.type", "k8s.cluster.name",
		"k8s.cluster.uid", "k8s.deployment.name", "k8s.deployment.uid", "k8s.replicaset.name", "os.type", "os.description", "telemetry.sdk.name",
		"deployment.environment.name", "service.version", "service.namespace",
	} {
		if _, ok := m.Get(key); !ok {
			m.PutStr(key, "common")
		}
	}
	m.PutStr("k8s.pod.start_time", fmt.Sprint("2026-01-01T00:00:", i))
	for n := range 10 {
		m.PutStr(fmt.Sprint("k8s.pod.label.l", n), "v")
		m.PutStr(fmt.Sprint("cost.center.", n), "v")
	}
}

// Data points of a file system have five attributes. With the tags of host and scope, they reach
// OpenTSDB's limit of 8 tags, so that describing attributes of the host are left out.
func TestEntities_OfDescribedHostsForOpenTSDB(t *testing.T) {
	md := entities(t)["hosts"]
	for _, rm := range md.ResourceMetrics().All() {
		putAttributes(rm.Resource().Attributes(), "deployment.environment.name", "e", "cloud.region", "r", "os.type", "linux")
		for _, sm := range rm.ScopeMetrics().All() {
			sm.Scope().SetVersion("0.160.0")
		}
	}
	wantApart(t, newRig(t, func(cfg *Config) { cfg.Server = "opentsdb" }), md)
}

// OpenTSDB allows 8 tags, so that two or three attributes of a resource become tags. They are
// enough for these receivers, whose data points have up to three attributes.
func TestEntities_AreKeptApartForOpenTSDB(t *testing.T) {
	for name := range dumps() {
		t.Run(name, func(t *testing.T) {
			wantApart(t, newRig(t, func(cfg *Config) { cfg.Server = "opentsdb" }), dump(t, name))
		})
	}
	for name, md := range entities(t) {
		t.Run(name, func(t *testing.T) {
			wantApart(t, newRig(t, func(cfg *Config) { cfg.Server = "opentsdb" }), md)
		})
	}
}

// All metrics of a resource get the same attributes as tags, except points that have no room for
// all of them.
func TestEntities_HaveTheSameTagsInAllMetrics(t *testing.T) {
	md := dump(t, "kubeletstats")
	for i, rm := range md.ResourceMetrics().All() {
		enrich(rm.Resource().Attributes(), i)
	}
	r := newRig(t, nil)
	r.mustPush(md)
	keys := make(map[string]map[string]bool) // of tags of a resource, by pod, container and volume
	for _, p := range r.srv.Take() {
		entity := p.Tags["k8s_pod_uid"] + "/" + p.Tags["k8s_container_name"] + "/" + p.Tags["k8s_volume_name"]
		own := maps.Clone(p.Tags)
		for _, key := range []string{"interface", "direction"} {
			delete(own, key)
		}
		if keys[entity] == nil {
			keys[entity] = make(map[string]bool)
		}
		keys[entity][strings.Join(slices.Sorted(maps.Keys(own)), " ")] = true
	}
	for entity, sets := range keys {
		if len(sets) != 1 {
			t.Errorf("%s has different tags: %v", entity, slices.Collect(maps.Keys(sets)))
		}
	}
}

// Entities collide without their identifying attributes. The point of the first entity is sent.
// The others are rejected and counted, and each pair of resources is logged once, with the
// attributes in which they differ.
func TestEntities_ThatCollideAreReported(t *testing.T) {
	r := newRig(t, func(cfg *Config) {
		cfg.ResourceAttributes.Excluded = []string{"k8s.pod.uid", "k8s.pod.name", "container.id", "host.*"}
	})
	container := func(md pmetric.Metrics, pod string, at int64) {
		metrics := from(md, "k8s.namespace.name", "shop", "k8s.pod.name", pod, "k8s.pod.uid", "uid-of-"+pod, "k8s.container.name", "cart",
			"container.id", strings.Repeat(pod, 200))
		gauge(metrics, "k8s.container.memory", 1).SetTimestamp(second(at))
		gauge(metrics, "k8s.container.restarts", 2).SetTimestamp(second(at))
	}
	for n := range int64(2) {
		md := pmetric.NewMetrics()
		container(md, "a", now+n)
		container(md, "b", now+n)
		r.mustPush(md)
	}
	md := pmetric.NewMetrics()
	container(md, "b", now+1) // the rest of the last collection
	if err := r.e.push(t.Context(), md); err == nil {
		t.Error("a push of which no point is sent succeeds")
	}
	const tags = "{k8s_container_name=cart, k8s_namespace_name=shop} 1700000000 "
	later := strings.Replace(tags, "0 ", "1 ", 1)
	r.want("k8s_container_memory"+tags+"1.0", "k8s_container_restarts"+tags+"2.0", "k8s_container_memory"+later+"1.0", "k8s_container_restarts"+later+"2.0")
	if got, want := r.tally(t), (tally{Accepted: 4, Rejected: 6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], `"k8s.container.memory" (scope "")`,
		`{container.id="`+strings.Repeat("a", 100)+`…", k8s.pod.name="a", k8s.pod.uid="uid-of-a"}`,
		`{container.id="`+strings.Repeat("b", 100)+`…", k8s.pod.name="b", k8s.pod.uid="uid-of-b"}`,
		"resource_attributes")
}

// A data point with many attributes gets fewer tags of its resource, the same in each push.
func TestEntities_WithManyPointAttributes(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	metrics := from(md, "service.name", "shop", "service.instance.id", "1", "k8s.pod.uid", "u", "k8s.pod.name", "p", "k8s.container.name", "c",
		"k8s.namespace.name", "n", "cloud.region", "r", "deployment.environment.name", "e", "k8s.cluster.name", "cl", "k8s.deployment.name", "d",
		"k8s.node.name", "no", "k8s.node.uid", "nu", "service.namespace", "sn", "x", "x")
	attributes := func(n int) (list []any) {
		for i := range n {
			list = append(list, fmt.Sprintf("a%02d", i), "v")
		}
		return list
	}
	for _, n := range []int{0, 8, 12, 13, 21, 22} {
		gauge(metrics, fmt.Sprint("with", n), 1, attributes(n)...)
	}
	r.mustPush(md)
	const (
		most = "deployment_environment_name k8s_cluster_name k8s_container_name k8s_deployment_name k8s_namespace_name k8s_node_name k8s_pod_name " +
			"k8s_pod_uid service_instance_id service_name service_namespace x"
		few = "k8s_container_name k8s_pod_uid service_instance_id service_name"
	)
	want := map[string]string{"with0": "cloud_region " + most, "with8": "cloud_region " + most, "with12": "cloud_region " + most, "with13": few, "with21": few}
	got := make(map[string]string)
	for _, p := range r.srv.Take() {
		maps.DeleteFunc(p.Tags, func(key, _ string) bool { return key[0] == 'a' })
		got[p.Metric] = strings.Join(slices.Sorted(maps.Keys(p.Tags)), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if got, want := r.tally(t), (tally{Accepted: 5, Rejected: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Resources that differ only in attributes for which some points have no room collide in these
// points only.
func TestEntities_ThatCollideInPointsWithManyAttributes(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	for i := range 2 {
		metrics := from(md, "service.name", "shop", "service.instance.id", "1", "k8s.pod.uid", "u", "k8s.container.name", "c", "table", i)
		gauge(metrics, "few", 1, "a", "v")
		var many []any
		for n := range 21 {
			many = append(many, fmt.Sprintf("a%02d", n), "v")
		}
		gauge(metrics, "many", 1, many...)
	}
	r.mustPush(md)
	if got, want := r.tally(t), (tally{Accepted: 3, Rejected: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], `"many" (scope "") of the resources {table="0"} and {table="1"}`)
}
