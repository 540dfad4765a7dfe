// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// InfluxDB rejects a point of each batch with status 500, and stores the others. The queue
// continues, although retries do not end.
func TestQueue_ContinuesAfterPartialWrites(t *testing.T) {
	influx := servers.StartInfluxDB(t)
	c := startCollector(t, example("persistent.yaml"), influx.Endpoint(), smallBatches()...)
	s := newSender(t, c)
	s.more = []metricdata.Metrics{{Name: "refused", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("time", "noon")), Time: time.Unix(firstTime, 0), Value: 1},
	}}}}
	s.mustSend(50)
	if v := s.awaitAll(func() []servers.Point { return influx.Points(t, "number") }); v.duplicates > 0 {
		t.Errorf("%d points have arrived twice", v.duplicates)
	}
	if refused := influx.Points(t, "refused"); len(refused) > 0 {
		t.Errorf("InfluxDB has %v", refused)
	}
}

// While a deployment answers 404, 401 or a page, the queue waits. It is delivered afterwards.
func TestQueue_WaitsForAnswersThatPass(t *testing.T) {
	for name, directive := range map[string]string{
		"404":    "return 404;",
		"401":    "return 401;",
		"a page": `return 200 "<html>Back soon</html>";`,
		"302":    "return 302 /maintenance;",
		"530":    "return 530;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			influx := servers.StartInfluxDB(t)
			n := servers.StartNginx(t, `server {
	listen {{.Addr}};
	location / {
		if (-f {{.Dir}}/deployment) { `+directive+` }
		proxy_pass `+influx.Endpoint()+`;
	}
}`)
			flag := filepath.Join(n.Dir(), "deployment")
			if err := os.WriteFile(flag, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			c := startCollector(t, example("persistent.yaml"), n.URL(), smallBatches()...)
			s := newSender(t, c)
			s.mustSend(20)
			n.Requests(t, 3) // without success
			if got := influx.Points(t); len(got) > 0 {
				t.Fatalf("%d points have arrived", len(got))
			}
			if err := os.Remove(flag); err != nil {
				t.Fatal(err)
			}
			s.mustSend(20)
			s.awaitAll(func() []servers.Point { return influx.Points(t, "number") })
		})
	}
}
