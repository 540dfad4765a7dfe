// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// probeTags returns the tags of a series that only the doctor writes.
func probeTags(probe string) map[string]string {
	return map[string]string{"source": "doctor", "probe": probe}
}

// sendProbes sends points of the probe's metric at one time, in one request. Their values are 1, 2
// and so on.
func (r *run) sendProbes(ctx context.Context, at time.Time, tags ...map[string]string) error {
	if err := r.makeProbeClient(ctx); err != nil {
		return err
	}
	var points []apptuitclient.DataPoint
	for i, t := range tags {
		points = append(points, apptuitclient.DataPoint{Metric: r.probeMetric(), Tags: t, Timestamp: at, Value: float64(1 + i)})
	}
	return r.probeClient.Send(ctx, points)
}

// makeProbeClient creates the client that sends tags unchanged, with timestamps in seconds, even if
// the program has another profile.
func (r *run) makeProbeClient(ctx context.Context) error {
	if r.probeClient != nil {
		return nil
	}
	e, err := r.newExporter(ctx,
		exporter.WithServer(apptuitclient.ServerGeneric),
		exporter.WithTagValueRule(encoding.TagValuesAny),
		exporter.WithMaxTags(encoding.MaxTags),
		exporter.WithTimestampResolution(time.Second),
		exporter.WithClientOptions(apptuitclient.WithTags(map[string]string{"source": "doctor"}))) // replaces the tags of the program
	if err != nil {
		return err
	}
	r.probeClient = e.Client()
	return nil
}

// probeMetric returns the metric of all points that the doctor sends.
func (r *run) probeMetric() string {
	if r.sent != nil {
		return r.sent.Metric
	}
	return client.Of(r.client).SanitizeMode().Sanitize(probeName)
}

// refusal returns the reason of the first point that a server refused.
func refusal(err error) string {
	var send *apptuitclient.SendError
	if errors.As(err, &send) && len(send.Errors) > 0 {
		return send.Errors[0].Reason
	}
	return ""
}
