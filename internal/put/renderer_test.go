// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// A Renderer returns the same text as the function AppendTags, independently of the tags that it
// rendered before.
func TestRenderer_AppendTags(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	keys, values := []string{"a", "b", "host", "ключ", ""}, []string{"", "v", "w", `"\\`, "long enough to be more than a word"}
	var r Renderer
	for range 10_000 {
		var tags []model.Tag
		for range random.IntN(6) {
			tags = append(tags, model.Tag{Key: keys[random.IntN(len(keys))], Value: values[random.IntN(len(values))]})
		}
		got, want := r.AppendTags([]byte("before"), tags), AppendTags([]byte("before"), tags)
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func BenchmarkRenderer(b *testing.B) {
	var all [64][]model.Tag
	for i := range all {
		all[i] = []model.Tag{
			{Key: "host", Value: "web1.example.com"},
			{Key: "http_request_method", Value: []string{"GET", "POST"}[i%2]},
			{Key: "http_response_status_code", Value: "200"},
			{Key: "http_route", Value: fmt.Sprintf("/api/v1/orders/%d", i)},
			{Key: "otel_scope_name", Value: "example.com/shop"},
			{Key: "service_name", Value: "shop"},
		}
	}
	var r Renderer
	for name, render := range map[string]func([]byte, []model.Tag) []byte{"Renderer": r.AppendTags, "AppendTags": AppendTags} {
		b.Run(name, func(b *testing.B) {
			var text []byte
			for i := range b.N {
				text = render(text[:0], all[i%len(all)])
			}
		})
	}
}
