// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Whatever came before, a prefix is what AppendPrefix renders.
func TestRenderer(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var r Renderer
	keys := []string{"", "a", "b", "c", "long_key_of_many_letters", `qu"ote`}
	values := []string{"", "1", "2", "a longer value", "a value\nwith \"escapes\" in it", "ÿ\xff"}
	for i := range 5000 {
		var tags []model.Tag
		for range random.IntN(6) {
			tags = append(tags, model.Tag{Key: keys[random.IntN(len(keys))], Value: values[random.IntN(len(values))]})
		}
		metric := fmt.Sprint("m", random.IntN(2))
		got, want := r.AppendPrefix([]byte("before"), string(AppendHead(nil, metric)), tags), AppendPrefix([]byte("before"), metric, tags)
		if string(got) != string(want) {
			t.Fatalf("prefix %d is %s, want %s", i, got, want)
		}
	}
}
