// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"maps"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// batchPoints is the number of points in a batch: the default of this project's client. Telegraf's
// default is 50.
const batchPoints = 50_000

// jsonPut sends OpenTSDB's put protocol as Telegraf does: encoding/json encodes each point, a struct
// with a map of tags, and compress/gzip compresses it.
type jsonPut struct {
	poster
	names   names
	body    bytes.Buffer
	gzip    *gzip.Writer
	encoder *json.Encoder
	batched int // points in body
	err     error
}

// jsonPoint is a point of OpenTSDB's put protocol.
type jsonPoint struct {
	Metric    string            `json:"metric"`
	Timestamp int64             `json:"timestamp"`
	Value     any               `json:"value"`
	Tags      map[string]string `json:"tags"`
}

func newJSONPut(_ context.Context, to *sink) (exporter, error) {
	j := &jsonPut{names: names{}, poster: newPoster(to, "/api/put", "application/json", "gzip")}
	j.gzip = gzip.NewWriter(&j.body)
	j.encoder = json.NewEncoder(j.gzip)
	return j, nil
}

// point encodes a point, and posts the batch if it is full. flush returns its errors.
func (j *jsonPut) point(ctx context.Context, p *jsonPoint) {
	separator := ","
	if j.batched == 0 {
		separator = "["
	}
	_, _ = j.gzip.Write([]byte(separator)) // writes to memory, and does not fail
	j.err = errors.Join(j.err, j.encoder.Encode(p))
	if j.batched++; j.batched == batchPoints {
		_ = j.flush(ctx)
	}
}

// flush posts the unfinished batch, and returns all errors so far.
func (j *jsonPut) flush(ctx context.Context) error {
	if j.batched > 0 {
		_, _ = j.gzip.Write([]byte("]"))
		j.err = errors.Join(j.err, j.gzip.Close(), j.post(ctx, j.body.Bytes()))
		j.body.Reset()
		j.gzip.Reset(&j.body)
		j.batched = 0
	}
	return j.err
}

// Export exports points, or metrics in this project's layout.
func (j *jsonPut) Export(ctx context.Context, c *collection) error {
	for _, p := range c.points {
		j.point(ctx, &jsonPoint{Metric: p.Metric, Timestamp: p.Timestamp.Unix(), Value: p.Value, Tags: p.Tags})
	}
	if c.metrics != nil {
		j.addMetrics(ctx, c.metrics)
	}
	return j.flush(ctx)
}

func (j *jsonPut) addMetrics(ctx context.Context, rm *metricdata.ResourceMetrics) {
	resource := map[string]string{}
	for _, kv := range rm.Resource.Attributes() {
		switch kv.Key {
		case "service.name", "service.namespace", "service.instance.id":
			resource[j.names.sanitize(string(kv.Key))] = kv.Value.String()
		case "host.name":
			resource["host"] = kv.Value.String()
		}
	}
	flatten(rm, func(p *point) {
		tags := make(map[string]string, p.attributes.Len()+len(resource)+1)
		maps.Copy(tags, resource)
		for i := range p.attributes.Len() {
			kv, _ := p.attributes.Get(i)
			tags[j.names.sanitize(string(kv.Key))] = kv.Value.String()
		}
		if p.key != "" {
			tags[p.key] = p.label
		}
		j.point(ctx, &jsonPoint{Metric: j.names.sanitize(p.metric) + p.suffix, Timestamp: p.at.Unix(), Value: p.value, Tags: tags})
	}, nil)
}
