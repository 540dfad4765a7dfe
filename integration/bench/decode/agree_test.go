// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/apptuitai/apptuit-go/query"
)

// The decoders that are measured come to the same data, to the last bit of each
// value.
func TestDecodersAgree(t *testing.T) {
	few := size{series: 40, points: 250}
	want := data(few)
	agree := func(name string, got []series, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%.2000s", name, diff)
		}
	}

	var text bytes.Buffer
	writeNative(&text, few)
	r, err := native(t.Context(), newClient(t, inMemory(text.Bytes())), few)
	agree("native by apptuit-go", fromResult(r), err)
	r, err = nativeByJSON(text.Bytes())
	agree("native by encoding/json", fromResult(r), err)
	r, err = nativeByJSONStream(bytes.NewReader(text.Bytes()))
	agree("native by encoding/json from a stream", fromResult(r), err)

	text.Reset()
	writeMatrix(&text, few.series, 0, few.points)
	r, err = matrix(t.Context(), newClient(t, inMemory(text.Bytes())), few)
	agree("matrix by apptuit-go", fromResult(r), err)
	m, err := matrixByPrometheus(t.Context(), newPrometheus(t, inMemory(text.Bytes())), few)
	agree("matrix by client_golang", fromMatrix(m), err)
}

func fromResult(r *query.Result) []series {
	var all []series
	if r == nil {
		return nil
	}
	for _, o := range r.Outputs {
		for _, s := range o.Series {
			one := series{Metric: s.Metric, Tags: s.Tags, Times: s.Timestamps}
			for _, v := range s.Values {
				one.Bits = append(one.Bits, math.Float64bits(v))
			}
			all = append(all, one)
		}
	}
	return all
}

func fromMatrix(m model.Matrix) []series {
	var all []series
	for _, s := range m {
		one := series{Tags: map[string]string{}}
		for k, v := range s.Metric {
			if k == model.MetricNameLabel {
				one.Metric = string(v)
			} else {
				one.Tags[string(k)] = string(v)
			}
		}
		for _, p := range s.Values {
			one.Times = append(one.Times, int64(p.Timestamp))
			one.Bits = append(one.Bits, math.Float64bits(float64(p.Value)))
		}
		all = append(all, one)
	}
	return all
}
