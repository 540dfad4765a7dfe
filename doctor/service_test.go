// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestService_NeedsNameAndInstance(t *testing.T) {
	s := newServer(t)
	o := doctor(t)
	o.healthy(t)
	o.has(t, "warning", "service", "no name", "OTEL_SERVICE_NAME")
	o.has(t, "warning", "service", "no service.instance.id", "WithInstanceTag")

	t.Setenv("OTEL_SERVICE_NAME", "shop")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=shop-1,service.namespace=eu")
	s.Take()
	o = doctor(t)
	o.has(t, "ok", "service", "service.name is shop")
	o.has(t, "ok", "service", "service.instance.id is shop-1")
	tags := s.Take()[0].Tags
	if tags["service_name"] != "shop" || tags["service_instance_id"] != "shop-1" || tags["service_namespace"] != "eu" {
		t.Errorf("the probe has %v", tags)
	}

	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id")
	doctor(t).has(t, "warning", "service", "OTEL_RESOURCE_ATTRIBUTES", "key=value")

	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "")
	t.Setenv("APPTUIT_TAGS", "service.instance.id: 7")
	o = doctor(t)
	o.has(t, "ok", "service", "APPTUIT_TAGS sets the tag")
	doctor(t, withTags("service_instance_id: 8")).has(t, "ok", "service", "--tags sets the tag")
}

// The probe has the prefix and the tags that the points of the program have.
func TestPut_ProbeHasTheTagsOfTheProgram(t *testing.T) {
	s := apptuittest.NewServer()
	defer s.Close()
	t.Setenv("APPTUIT_DISABLE_HOST_TAG", "yes")
	t.Setenv("APPTUIT_SANITIZE_MODE", "apptuit")
	t.Setenv("APPTUIT_PREFIX", "shop.")
	doctor(t, withEndpoint(s.URL), withTags("env: test")).healthy(t)
	p := s.Points()[0]
	if p.Metric != "shop.apptuit.doctor.probe" || p.Tags["env"] != "test" || p.Tags["source"] != "doctor" || p.Tags["host"] != "" || s.Total() != 6 {
		t.Errorf("%d points, the first %v", s.Total(), p)
	}
	for _, p := range s.Points()[1:] { // the other points are in series that only the doctor writes
		if p.Metric != "shop.apptuit.doctor.probe" || p.Tags["source"] != "doctor" || p.Tags["probe"] == "" || len(p.Tags) > 3 {
			t.Errorf("point %v", p)
		}
	}
}

// OpenTSDB cannot read a series after two integers of different lengths were written to it in one second.
func TestProbe_ValuesTakeFourBytesInOpenTSDB(t *testing.T) {
	for range 1000 {
		p := probe(nil, time.Now()).ScopeMetrics[0].Metrics[0].Data.(metricdata.Gauge[int64]).DataPoints[0]
		if p.Value <= math.MaxInt16 || p.Value > math.MaxInt32 {
			t.Fatalf("%d is not stored in four bytes", p.Value)
		}
	}
}

func TestPut_TooManyTags(t *testing.T) {
	newServer(t)
	tags := ""
	for _, key := range "abcdefghijklmnopqrstuvwxyz" {
		tags += string(key) + ": 1, "
	}
	o := doctor(t, withTags(tags+"z2: 1"))
	o.has(t, "failed", "put", "the point is refused", "tags of the configuration")
	o.has(t, "skipped", "read-back")
}
