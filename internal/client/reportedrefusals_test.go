// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"strconv"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestRefusals_KnowSeriesByNameTagsAndReason(t *testing.T) {
	r := client.NewRefusals()
	refusal := func(metric, k, reason string) *client.PointError {
		return &client.PointError{Point: client.Point{Metric: metric, Tags: map[string]string{"k": k}}, Reason: reason}
	}
	for i := range 3000 {
		p := refusal("n", strconv.Itoa(i), "bad")
		if r.Reported(p) || !r.Reported(p) {
			t.Fatalf("series %d is known before it is refused, or not after", i)
		}
	}
	if r.Reported(refusal("n", "1", "worse")) || r.Reported(refusal("m", "1", "bad")) || !r.Reported(refusal("n", "1", "bad")) {
		t.Error("a series is mistaken for another one, or a reason")
	}
	odd := &client.PointError{Point: client.Point{Metric: "a{b"}}
	for range 2 { // without an encoded name, it cannot be distinguished, and is never known
		if r.Reported(odd) {
			t.Error("a series without an encoded name is known")
		}
	}
}
