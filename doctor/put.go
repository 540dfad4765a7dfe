// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// probeName is the name of the instrument of all points that the doctor sends.
const probeName = "apptuit.doctor.probe"

// checkPut sends the probe, a point with all tags of the program's configuration, with the exporter.
func checkPut(ctx context.Context, r *run, f *findings) {
	start := time.Now()
	err := r.exporter.Export(ctx, probe(r.resource(ctx), start))
	took := time.Since(start).Round(time.Microsecond)
	last, _ := r.recorder.seen()
	r.takesPoints = takesPoints(err)
	if err != nil {
		reportRefusal(ctx, r, f, last, err)
		return
	}
	r.sent = last.point
	reportToken(r, f, last)
	f.ok("%d in %v: %s", last.status, took, r.sent)
}

// takesPoints reports whether the server may accept other points: the probe was accepted, or refused
// only for its content.
func takesPoints(err error) bool {
	var send *apptuitclient.SendError
	return err == nil || errors.As(err, &send) && len(send.Errors) > 0
}

// probe returns a point whose value is random, which distinguishes it from the probes of other runs.
// All values have six digits, which OpenTSDB stores in four bytes. If two runs in one second wrote
// integers of different lengths, OpenTSDB could not read the series any more.
func probe(res *resource.Resource, at time.Time) *metricdata.ResourceMetrics {
	return &metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{{
		Scope: instrumentation.Scope{Name: "github.com/apptuitai/apptuit-go/doctor"},
		Metrics: []metricdata.Metrics{{Name: probeName, Data: metricdata.Gauge[int64]{
			DataPoints: []metricdata.DataPoint[int64]{{
				Attributes: attribute.NewSet(attribute.String("source", "doctor")), Time: at, Value: 100_000 + rand.Int64N(900_000),
			}},
		}}},
	}}}
}

// reportToken reports that the server accepted the token, or that there is none.
func reportToken(r *run, f *findings, x *exchange) {
	_, from := r.inEffect("token")
	switch {
	case !x.authorized && from.name != "":
		f.about("token").ok("%s sets a token, but it was not sent", from.name)
	case !x.authorized:
		f.about("token").ok("none, and the server does not require one")
	default:
		f.about("token").ok("accepted by the server")
	}
}
