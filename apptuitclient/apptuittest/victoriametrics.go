// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"errors"
	"fmt"
	"net/http"
)

// victoriaMetrics imitates VictoriaMetrics 1.151. It drops invalid points silently.
type victoriaMetrics struct{}

// maxLabels is the default of VictoriaMetrics' flag -maxLabelsPerTimeseries. The metric counts as a label.
const maxLabels = 40

func (victoriaMetrics) refuse(*http.Request) (answer, bool) { return answer{}, false }

func (victoriaMetrics) judge(w wirePoint) (p Point, reason string, err error) {
	p = w.point()
	p.Tags = withoutEmpty(p.Tags)
	switch {
	case p.Metric == "":
		return p, "no metric", nil
	case !validTimestamp(p.Timestamp.String()):
		return p, "no timestamp", nil
	case !validValue(p.Value.String()):
		return p, "no value", nil
	case 1+len(p.Tags) > maxLabels:
		return p, "too many labels", nil
	}
	return p, "", nil
}

func (victoriaMetrics) unreadable(err error, limit int64) answer {
	if errors.Is(err, errTooLarge) {
		err = fmt.Errorf("too big data size exceeding -opentsdbhttp.maxInsertRequestSize=%d bytes", limit)
	} else {
		err = fmt.Errorf("cannot parse HTTP OpenTSDB json: %w", err)
	}
	return textAnswer(http.StatusBadRequest, "cannot decode opentsdb data: "+err.Error())
}

func (victoriaMetrics) answer(e *exchange, _ int, _ []pointFail) answer {
	return answer{status: e.status(http.StatusNoContent)}
}

func (victoriaMetrics) keep(received []datapoint) (kept []datapoint, reason string) {
	sortByTime(received)
	return received, ""
}
