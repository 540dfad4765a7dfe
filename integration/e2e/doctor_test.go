// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

func TestDoctor_OfVictoriaMetrics(t *testing.T) {
	t.Parallel()
	d := servers.BuildCommand(t)
	v := servers.StartVictoriaMetrics(t)
	d.Examine(t, 0, servers.Findings{
		"put": {"ok", "204"}, "read-back": {"ok", "found by PromQL"}, "clock": {"ok", "agrees with the server's clock"},
		"service": {"ok", "service.instance.id is 1"},
		"server":  {"ok", "VictoriaMetrics, by /metrics"}, "tag values": {"ok", "is accepted"}, "partial write": {"ok", "without details"},
		"second value": {"ok", "both are kept"}, "profile": {"warning", "APPTUIT_SERVER=victoriametrics,"},
	}, "--endpoint", v.Endpoint(), "--query-endpoint", v.URL())
	points := v.Points(t)
	for _, p := range points {
		if p.Metric != "apptuit_doctor_probe" || p.Tags["source"] != "doctor" {
			t.Errorf("it has %v", p)
		}
	}
	if len(points) != 6 {
		t.Errorf("it has %v", points)
	}
	d.Examine(t, 0, servers.Findings{
		"put": {"ok", "204"}, "read-back": {"ok", "found by PromQL"}, "profile": {"ok", "victoriametrics, from --server, fits "},
	}, "--endpoint", v.Endpoint(), "--query-endpoint", v.URL(), "--server", "victoriametrics")
	d.Examine(t, 0, servers.Findings{
		"server": {"ok", "VictoriaMetrics, by the text of an error"}, "profile": {"warning", "APPTUIT_SERVER=victoriametrics,"},
	}, "--endpoint", v.Endpoint(), "--no-probe")
	if n := len(v.Points(t)); n != 12 {
		t.Errorf("it has %d points after --no-probe", n)
	}
	d.Examine(t, 0, servers.Findings{"read-back": {"ok", "does not answer queries"}}, "--endpoint", v.Endpoint())
	if v.TakesDeflate(t) {
		d.Examine(t, 0, servers.Findings{"put": {"ok", "204"}}, "--endpoint", v.Endpoint(), "--compression", "deflate")
	} else {
		d.Examine(t, 1, servers.Findings{
			"put": {"failed", "Use gzip"}, "read-back": {"skipped", "put has failed"},
		}, "--endpoint", v.Endpoint(), "--compression", "deflate")
	}
	d.Examine(t, 1, servers.Findings{"put": {"failed", "-opentsdbHTTPListenAddr"}}, "--endpoint", v.URL())
	d.Examine(t, 1, servers.Findings{"read-back": {"failed", "Check the port and the query path"}}, "--endpoint", v.Endpoint(), "--query-endpoint", v.Endpoint())
	v.Stop(t)
	d.Examine(t, 1, servers.Findings{"tcp": {"failed", "No program listens at this address"}}, "--endpoint", v.Endpoint())
}

// By default, range queries to VictoriaMetrics do not return points that are younger than 30 s.
func TestDoctor_ReadsBackAYoungPoint(t *testing.T) {
	t.Parallel()
	d := servers.BuildCommand(t)
	v := servers.StartVictoriaMetrics(t, "-search.latencyOffset=30s")
	d.Examine(t, 0, servers.Findings{"read-back": {"ok", "found by PromQL"}}, "--endpoint", v.Endpoint(), "--query-endpoint", v.URL())
}

func TestDoctor_OfInfluxDB(t *testing.T) {
	t.Parallel()
	d := servers.BuildCommand(t)
	i := servers.StartInfluxDB(t)
	d.Examine(t, 0, servers.Findings{
		"put": {"ok", "204"}, "read-back": {"ok", "InfluxDB is not queried"}, "clock": {"ok", "agrees with the server's clock"},
		"server": {"ok", "InfluxDB, by /api/metadata/put"}, "tag values": {"ok", "is accepted"}, "partial write": {"ok", "the server reports only how many points are invalid (1 stored, 1 not)"},
		"profile": {"warning", "APPTUIT_SERVER=influxdb,"},
	}, "--endpoint", i.Endpoint())
	if points := i.Points(t); len(points) != 4 { // one of the six is bad, and one is overwritten
		t.Errorf("it has %v", points)
	}
	d.Examine(t, 0, servers.Findings{
		"server": {"ok", "InfluxDB 1."}, "profile": {"ok", "influxdb, from --server, fits "},
	}, "--endpoint", i.Endpoint(), "--query-endpoint", i.URL(), "--server", "influxdb")
	d.Examine(t, 1, servers.Findings{"put": {"failed", "Use gzip"}}, "--endpoint", i.Endpoint(), "--compression", "deflate")
	d.Examine(t, 1, servers.Findings{"put": {"failed", "bind-address of [[opentsdb]]"}}, "--endpoint", i.URL())
	i.DropDatabase(t)
	d.Examine(t, 1, servers.Findings{"put": {"failed", "CREATE DATABASE"}}, "--endpoint", i.Endpoint())
}
