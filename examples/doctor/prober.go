// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// probeTags are the tags of a further point of the doctor: none of the program's.
func probeTags(probe string) map[string]string {
	return map[string]string{"source": "doctor", "probe": probe}
}

// sendProbes sends points of the probe's metric at one time, in one request. Their values are 1, 2
// and so on.
func (p *patient) sendProbes(ctx context.Context, at time.Time, tags ...map[string]string) error {
	if err := p.makeProber(); err != nil {
		return err
	}
	var points []apptuitclient.DataPoint
	for i, t := range tags {
		points = append(points, apptuitclient.DataPoint{Metric: p.probeMetric(), Tags: t, Timestamp: at, Value: float64(1 + i)})
	}
	return p.prober.Send(ctx, points)
}

// makeProber makes the client that sends tags and times as they are, whatever the profile in
// effect.
func (p *patient) makeProber() error {
	if p.prober != nil {
		return nil
	}
	options, err := p.options()
	if err != nil {
		return err
	}
	p.prober, err = apptuitclient.New(append(options,
		apptuitclient.WithServer(apptuitclient.ServerGeneric),
		apptuitclient.WithTagValueRule(encoding.TagValuesAny),
		apptuitclient.WithMaxTags(encoding.MaxTags),
		apptuitclient.WithTimestampResolution(time.Second),
		apptuitclient.WithTags(map[string]string{"source": "doctor"}), // in the place of APPTUIT_TAGS
		apptuitclient.WithWarningHandler(func(error) {}),              // which have been told
	)...)
	return err
}

// probeMetric is the metric of all points that the doctor sends.
func (p *patient) probeMetric() string {
	if p.sent != nil {
		return p.sent.Metric
	}
	return client.Of(p.client).SanitizeMode().Sanitize(probeName)
}

// refusal is the reason of the first point that a server refused.
func refusal(err error) string {
	var send *apptuitclient.SendError
	if errors.As(err, &send) && len(send.Errors) > 0 {
		return send.Errors[0].Reason
	}
	return ""
}
