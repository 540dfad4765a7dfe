// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// errKnown is the cause of a failed push if all of its failures were reported before.
var errKnown = errors.New("points were refused for reasons that were reported before")

// maxThrottle bounds the delay of a retry that a server can request.
const maxThrottle = time.Hour

// judge returns the error of a push, from which exporterhelper decides whether to retry.
func (e *metricsExporter) judge(md pmetric.Metrics, r client.Report, again *again, returned int) error {
	err := errKnown
	if r.Err != nil {
		err = r.Err
	}
	lost := r.Rejected + r.Dropped - returned
	switch {
	case returned == 0 && lost == 0:
		return nil
	case returned == 0 && r.Accepted == 0:
		return consumererror.NewPermanent(fmt.Errorf("apptuit exporter: %d points lost: %w", lost, err))
	case lost > 0 && r.Err != nil:
		e.telemetry.Logger.Warn("Some points are lost and will not be sent again.",
			zap.Int("points", lost), zap.Int("accepted", r.Accepted), zap.Int("to_be_sent_again", returned), zap.Error(err))
	}
	if returned == 0 {
		return nil
	}
	return retryable(err, r, again.of(md))
}

// retryable returns an error that makes exporterhelper push data again. A delay that the
// server requests applies if it is longer than that of exporterhelper.
func retryable(err error, r client.Report, data pmetric.Metrics) error {
	if consumererror.IsPermanent(err) {
		// An authenticator has marked one of the failures permanent. exporterhelper would
		// drop all of the data because of it.
		err = errors.New(err.Error())
	}
	if r.RetryAfter > 0 {
		err = exporterhelper.NewThrottleRetry(err, min(r.RetryAfter, maxThrottle))
	}
	return consumererror.NewMetrics(err, data)
}
