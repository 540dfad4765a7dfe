// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"go.opentelemetry.io/collector/exporter"

	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadata"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// counters are the counters of the exporter, which metadata.yaml declares: the points of all
// pushes by outcome, overflowed data points, and data points that have lost attributes to the
// filter.
type counters struct {
	*metadata.TelemetryBuilder
	accepted, rejected, dropped, returned metric.MeasurementOption
	exporter                              metric.MeasurementOption
}

func newCounters(set exporter.Settings) (*counters, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
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

// add counts the points of a push. returned is the number of dropped points that exporterhelper
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

// overflow counts the data points of a push that aggregate the series beyond a cardinality
// limit. It adds 0, too, so that the counter exists from the first push on.
func (c *counters) overflow(ctx context.Context, t convert.Tally) {
	c.ExporterApptuitOverflowedDataPoints.Add(ctx, int64(t.Overflowed), c.exporter)
}

// filter counts the data points of a push that have lost attributes to the filter.
func (c *counters) filter(ctx context.Context, t convert.Tally) {
	c.ExporterApptuitFilteredDataPoints.Add(ctx, int64(t.Filtered), c.exporter)
}
