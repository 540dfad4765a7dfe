// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

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

// probeName is the instrument of the point that is sent.
const probeName = "apptuit.doctor.probe"

// checkPut sends a point as the program would, with all tags that it gets from the
// configuration.
func checkPut(ctx context.Context, p *patient, n *notes) {
	start := time.Now()
	err := p.exporter.Export(ctx, probe(p.resource(ctx), start))
	took := time.Since(start).Round(time.Microsecond)
	last, _ := p.tap.seen()
	p.takes = takes(err)
	if err != nil {
		tellRefusal(ctx, p, n, last, err)
		return
	}
	p.sent = last.point
	tellToken(p, n, last)
	n.ok("%d in %v: %s", last.status, took, p.sent)
}

// takes reports whether other points may be accepted after this error: there is none, or it is
// about the point.
func takes(err error) bool {
	var send *apptuitclient.SendError
	return err == nil || errors.As(err, &send) && len(send.Errors) > 0
}

// probe returns a point whose value is random, to tell it from the probes of other runs. All values
// have six digits, which OpenTSDB stores in four bytes: two runs in one second must not write
// integers of different lengths, after which OpenTSDB could not read the series.
func probe(res *resource.Resource, at time.Time) *metricdata.ResourceMetrics {
	return &metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{{
		Scope: instrumentation.Scope{Name: "github.com/apptuitai/apptuit-go/examples/doctor"},
		Metrics: []metricdata.Metrics{{Name: probeName, Data: metricdata.Gauge[int64]{
			DataPoints: []metricdata.DataPoint[int64]{{
				Attributes: attribute.NewSet(attribute.String("source", "doctor")), Time: at, Value: 100_000 + rand.Int64N(900_000),
			}},
		}}},
	}}}
}

// tellToken says that the server has taken the token, or that there is none.
func tellToken(p *patient, n *notes, x *exchange) {
	_, from := p.inEffect("token")
	switch {
	case !x.authorized && from.name != "":
		n.about("token").ok("%s is there, and was not sent", from.name)
	case !x.authorized:
		n.about("token").ok("none, and the server asks for none")
	default:
		n.about("token").ok("taken by the server")
	}
}
