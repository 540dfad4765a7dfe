// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/snappy"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/prompb"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

// decoder adds the points of a body to r. The caller has decompressed gzip.
type decoder func(plain []byte, header http.Header, r *Received) error

// decodePut decodes OpenTSDB's put protocol. It omits the exporter's own metrics. The only value of a
// histogram that it adds to the sum is the count.
func decodePut(plain []byte, _ http.Header, r *Received) error {
	var points []struct {
		Metric    string
		Tags      map[string]string
		Value     float64
		Timestamp int64
	}
	err := json.Unmarshal(plain, &points)
	for _, p := range points {
		switch {
		case p.Metric == "" || len(p.Tags) == 0 || p.Timestamp == 0:
			return fmt.Errorf("a point without a name, a tag or a time: %+v", p)
		case strings.HasPrefix(p.Metric, "apptuit_reporter_"):
		case p.Tags["le"] != "", p.Tags["quantile"] != "", strings.HasSuffix(p.Metric, "_sum"),
			strings.HasSuffix(p.Metric, "_min"), strings.HasSuffix(p.Metric, "_max"):
			r.add(0)
		default:
			r.add(p.Value)
		}
	}
	return err
}

func decodeOTLP(plain []byte, _ http.Header, r *Received) error {
	request := pmetricotlp.NewExportRequest()
	err := request.UnmarshalProto(plain)
	var c counts
	c.addMetrics(request.Metrics())
	r.Points += c.data
	r.Sum += c.sum
	return err
}

// decodeExposition decodes the answer to a scrape. It omits the metric target_info.
func decodeExposition(plain []byte, header http.Header, r *Received) error {
	d := expfmt.NewDecoder(bytes.NewReader(plain), expfmt.ResponseFormat(header))
	for {
		var family dto.MetricFamily
		if err := d.Decode(&family); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, m := range family.Metric {
			if family.GetName() != "target_info" {
				r.add(m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount()))
			}
		}
	}
}

// decodeRemoteWrite decodes Prometheus' remote write 1.0. The only value of a classic histogram that
// it adds to the sum is the count.
func decodeRemoteWrite(compressed []byte, _ http.Header, r *Received) error {
	var request prompb.WriteRequest
	plain, err := snappy.Decode(nil, compressed)
	if err == nil {
		err = request.Unmarshal(plain)
	}
	for _, series := range request.Timeseries {
		ignored := slices.ContainsFunc(series.Labels, func(l prompb.Label) bool {
			return l.Name == "le" || l.Name == "__name__" && strings.HasSuffix(l.Value, "_sum")
		})
		for _, s := range series.Samples {
			if ignored {
				s.Value = 0
			}
			r.add(s.Value)
		}
		for _, h := range series.Histograms {
			r.add(float64(h.GetCountInt()))
		}
	}
	return err
}
