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
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/prompb"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// decoder adds the points of a decompressed body.
type decoder func(plain io.Reader, header http.Header, r *Received) error

func decompress(body io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		return gzip.NewReader(body)
	case "snappy":
		compressed, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		plain, err := snappy.Decode(nil, compressed)
		return bytes.NewReader(plain), err
	default:
		return nil, fmt.Errorf("unknown content encoding %q", encoding)
	}
}

// decodePut decodes OpenTSDB's put protocol. Of a histogram, only the count is added
// to the sum. The exporter's metrics of itself are omitted.
func decodePut(plain io.Reader, _ http.Header, r *Received) error {
	d := json.NewDecoder(plain)
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		var p struct {
			Metric    string
			Tags      map[string]string
			Timestamp int64
			Value     float64
		}
		if err := d.Decode(&p); err != nil {
			return err
		}
		if p.Metric == "" || len(p.Tags) == 0 || p.Timestamp == 0 {
			return fmt.Errorf("not a point: %v", p)
		}
		switch {
		case strings.HasPrefix(p.Metric, "apptuit_reporter_"):
		case p.Tags["le"] != "", p.Tags["quantile"] != "", strings.HasSuffix(p.Metric, "_sum"),
			strings.HasSuffix(p.Metric, "_min"), strings.HasSuffix(p.Metric, "_max"):
			r.add(0)
		default:
			r.add(p.Value)
		}
	}
	_, err := d.Token()
	return err
}

func decodeOTLP(plain io.Reader, _ http.Header, r *Received) error {
	var request collector.ExportMetricsServiceRequest
	body, err := io.ReadAll(plain)
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	for _, resource := range request.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range append(m.GetSum().GetDataPoints(), m.GetGauge().GetDataPoints()...) {
					r.add(float64(p.GetAsInt()) + p.GetAsDouble())
				}
				for _, p := range m.GetHistogram().GetDataPoints() {
					r.add(float64(p.Count))
				}
				for _, p := range m.GetExponentialHistogram().GetDataPoints() {
					r.add(float64(p.Count))
				}
			}
		}
	}
	return err
}

// decodeExposition decodes the answer to a scrape. The metric of the target itself
// is omitted.
func decodeExposition(plain io.Reader, header http.Header, r *Received) error {
	d := expfmt.NewDecoder(plain, expfmt.ResponseFormat(header))
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

// decodeRemoteWrite decodes Prometheus' remote write 1.0. Of a classic histogram,
// only the count is added to the sum.
func decodeRemoteWrite(plain io.Reader, _ http.Header, r *Received) error {
	var request prompb.WriteRequest
	body, err := io.ReadAll(plain)
	if err == nil {
		err = request.Unmarshal(body)
	}
	for _, series := range request.Timeseries {
		ignored := false
		for _, l := range series.Labels {
			ignored = ignored || l.Name == "le" || l.Name == "__name__" && strings.HasSuffix(l.Value, "_sum")
		}
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
