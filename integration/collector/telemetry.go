// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"go.opentelemetry.io/collector/exporter"

	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadata"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// counters count the wire points of all pushes, and the data points that stand for series
// beyond a cardinality limit or lost attributes to a filter (metadata.yaml, telemetry).
type counters struct {
	*metadata.TelemetryBuilder
	accepted, rejected, dropped, returned metric.MeasurementOption
	exporter                              metric.MeasurementOption
}

func newCounters(set exporter.Settings) (*counters, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("apptuit exporter: %w", err)
	}
	exporter := attribute.String("exporter", set.ID.String())
	outcome := func(name string) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(exporter, attribute.String("outcome", name)))
	}
	return &counters{
		TelemetryBuilder: builder,
		exporter:         metric.WithAttributeSet(attribute.NewSet(exporter)),
		accepted:         outcome("accepted"), rejected: outcome("rejected"), dropped: outcome("dropped"), returned: outcome("returned"),
	}, nil
}

// add counts the points of a push. Returned points are dropped points that exporterhelper
// will push again.
func (c *counters) add(ctx context.Context, r client.Report, returned int) {
	for _, o := range []struct {
		n  int
		as metric.MeasurementOption
	}{
		{r.Accepted, c.accepted}, {r.Rejected, c.rejected}, {r.Dropped - returned, c.dropped}, {returned, c.returned},
	} {
		if o.n > 0 {
			c.ExporterApptuitPoints.Add(ctx, int64(o.n), o.as)
		}
	}
}

// overflow counts the data points of a push that stand for series beyond a cardinality
// limit, also if there are none, so that the counter exists from the first push on.
func (c *counters) overflow(ctx context.Context, t convert.Tally) {
	c.ExporterApptuitOverflowedDataPoints.Add(ctx, int64(t.Overflowed), c.exporter)
}

// filter counts the data points of a push that lost attributes.
func (c *counters) filter(ctx context.Context, t convert.Tally) {
	c.ExporterApptuitFilteredDataPoints.Add(ctx, int64(t.Filtered), c.exporter)
}
