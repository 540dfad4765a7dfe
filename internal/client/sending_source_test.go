// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// A refused point is reported with the source that it was added with, also if the batch was split
// before.
func TestSending_ReportsTheSourceOfARefusedPoint(t *testing.T) {
	const refusal = `{"success":2,"failed":1,"errors":[{"datapoint":{"metric":"m","tags":{"i":"3"},"timestamp":1700000003,"value":3},"error":"no"}]}`
	f := newFake(t, status(http.StatusRequestEntityTooLarge), status(http.StatusNoContent), text(http.StatusBadRequest, refusal), status(http.StatusNoContent))
	var sources []uint32
	var counts []int
	s := client.Of(f.client()).NewSending(t.Context(), client.WriterOptions{Batch: func(r client.Report) {
		points, causes := r.Failures()
		for _, p := range points {
			sources = append(sources, p.Source)
		}
		counts = append(counts, r.Accepted, r.Rejected, len(causes))
	}})
	add := func(i int) {
		s.Series("m", map[string]string{"i": strconv.Itoa(i)})
		s.Add(time.Unix(int64(1700000000+i), 0), model.Int(int64(i)), uint32(100+i))
	}
	for i := range 6 {
		add(i)
	}
	s.Wait()
	if diff := cmp.Diff([]int{5, 1, 0}, counts); diff != "" {
		t.Errorf("after Wait: accepted, rejected, causes (-want +got)\n%s", diff)
	}
	s.Series("", nil)
	s.Add(time.Unix(1700000000, 0), model.Int(1), 200)
	add(6)
	r := s.Close()
	if diff := cmp.Diff([]uint32{103, 200}, sources); diff != "" {
		t.Errorf("sources (-want +got)\n%s", diff)
	}
	if r.Accepted != 6 || r.Rejected != 2 || r.Err == nil {
		t.Errorf("%+v", r)
	}
}

// Check knows which points Add rejects, and AppendLine is the text that Add sends.
func TestSending_CheckAndAppendLine(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent))
	s := client.Of(f.client()).NewSending(t.Context(), client.WriterOptions{})
	at := time.Unix(1700000000, 999)
	if s.Series("m", nil); s.Check(at, model.Int(1)) == nil {
		t.Error("a point without tags is taken")
	}
	s.Series("a b", map[string]string{"k k": "v"})
	if s.Check(time.Time{}, model.Int(1)) == nil {
		t.Error("a point without a time is taken")
	}
	if err := s.Check(at, model.Int(1<<53+1)); err != nil {
		t.Error(err)
	}
	line := s.AppendLine([]byte("> "), at, model.Int(1<<53+1))
	s.Add(at, model.Int(1<<53+1), 0)
	if r := s.Close(); r.Err != nil {
		t.Fatal(r.Err)
	}
	want := `{"metric":"a_b","tags":{"k_k":"v"},"timestamp":1700000000,"value":9007199254740993}`
	if sent := strings.Trim(f.all()[0].text, "[]\n"); string(line) != "> "+want || sent != want {
		t.Errorf("%s\nsent %s", line, sent)
	}
}
