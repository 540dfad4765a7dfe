// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
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
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	otlp "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// content is what has been decoded.
type content struct {
	points int64
	sum    float64
}

func (c *content) add(other content) {
	c.points += other.points
	c.sum += other.sum
}

func (c *content) point(value float64) {
	c.points++
	c.sum += value
}

// decoder counts what is in a body.
type decoder func(plain io.Reader) (content, error)

func decompress(body io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		return gzip.NewReader(body)
	case "snappy":
		packed, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		plain, err := snappy.Decode(nil, packed)
		return strings.NewReader(string(plain)), err
	default:
		return nil, fmt.Errorf("there is no encoding %q", encoding)
	}
}

// decodePut decodes OpenTSDB's JSON. Every element of the array is a point; what
// a histogram becomes counts with its count only. Metrics of the exporter itself
// do not count.
func decodePut(plain io.Reader) (content, error) {
	var c content
	d := json.NewDecoder(plain)
	if _, err := d.Token(); err != nil {
		return c, err
	}
	for d.More() {
		var p struct {
			Metric    string
			Tags      map[string]string
			Timestamp int64
			Value     float64
		}
		if err := d.Decode(&p); err != nil {
			return c, err
		}
		if p.Metric == "" || len(p.Tags) == 0 || p.Timestamp == 0 {
			return c, fmt.Errorf("not a point: %v", p)
		}
		switch {
		case strings.HasPrefix(p.Metric, "apptuit_reporter_"):
		case p.Tags["le"] != "" || p.Tags["quantile"] != "" || hasSuffix(p.Metric, "_sum", "_min", "_max"):
			c.point(0)
		default:
			c.point(p.Value)
		}
	}
	_, err := d.Token()
	return c, err
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// decodeOTLP decodes an export request of OTLP in protobuf.
func decodeOTLP(plain io.Reader) (content, error) {
	var c content
	body, err := io.ReadAll(plain)
	if err != nil {
		return c, err
	}
	var request collector.ExportMetricsServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		return c, err
	}
	for _, resource := range request.ResourceMetrics {
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				countOTLP(&c, m)
			}
		}
	}
	return c, nil
}

func countOTLP(c *content, m *otlp.Metric) {
	numbers := func(points []*otlp.NumberDataPoint) {
		for _, p := range points {
			c.point(float64(p.GetAsInt()) + p.GetAsDouble())
		}
	}
	numbers(m.GetSum().GetDataPoints())
	numbers(m.GetGauge().GetDataPoints())
	for _, p := range m.GetHistogram().GetDataPoints() {
		c.point(float64(p.Count))
	}
	for _, p := range m.GetExponentialHistogram().GetDataPoints() {
		c.point(float64(p.Count))
	}
}

// decodeScrape decodes what a server of metrics says to Prometheus. A histogram
// is one point. Prometheus' own information on target and scopes does not count.
func decodeScrape(plain io.Reader, header http.Header) (content, error) {
	var c content
	d := expfmt.NewDecoder(plain, expfmt.ResponseFormat(header))
	for {
		var family dto.MetricFamily
		if err := d.Decode(&family); errors.Is(err, io.EOF) {
			return c, nil
		} else if err != nil {
			return c, err
		}
		if family.GetName() == "target_info" {
			continue
		}
		for _, m := range family.Metric {
			h := m.GetHistogram()
			c.point(m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(h.GetSampleCount()))
		}
	}
}
