// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/amount"
)

// Sent is the result of --send.
type Sent struct {
	Points   int `json:"points"` // number of points that were sent
	Accepted int `json:"accepted"`
	// Status is the HTTP status of the last answer, 0 if there was none.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
}

// sendPoints exports the chosen data points as the program would export them.
func (x *run) sendPoints(ctx context.Context) {
	type part struct { // the data points of one export
		indexes          []int
		points, rejected int
	}
	sent := &Sent{}
	parts := map[*metricdata.ResourceMetrics]*part{}
	var order []*metricdata.ResourceMetrics
	for _, p := range x.chosen {
		of := parts[p.export]
		if of == nil {
			of = &part{}
			parts[p.export] = of
			order = append(order, p.export)
		}
		of.indexes = append(of.indexes, p.index)
		of.points += len(p.Points)
		of.rejected += len(p.Rejected)
		sent.Points += len(p.Points)
	}
	if sent.Points == 0 {
		return // a finding says why
	}
	x.report.Sent = sent
	for _, rm := range order {
		of := parts[rm]
		err := x.exporter.Export(ctx, only(rm, of.indexes))
		sent.Status, _ = x.answers.last()
		if err == nil {
			sent.Accepted += of.points
			continue
		}
		var failure *apptuitclient.SendError
		if errors.As(err, &failure) {
			sent.Accepted += max(0, of.points+of.rejected-failure.Failed)
		}
		// Points that only the exporter rejects already have a finding.
		if failure != nil && failure.StatusCode == 0 && failure.Failed <= of.rejected && len(failure.Errors) > 0 {
			continue
		}
		sent.Error = err.Error()
		x.checkAnswer(ctx, err)
		break
	}
}

// sentText describes the result in words.
func (s *Sent) sentText() string {
	text := fmt.Sprintf("%d of %s accepted", s.Accepted, amount.Of(s.Points, "point"))
	if s.Status != 0 {
		text += fmt.Sprintf(", the last answer has the status %d", s.Status)
	}
	if s.Error != "" {
		text += ": " + s.Error
	}
	return text
}
