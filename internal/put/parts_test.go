// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// The parts of a text are those of the tags that it was rendered of.
func TestParts(t *testing.T) {
	for n := range 30 {
		var tags []model.Tag
		for i := range n {
			tags = append(tags, model.Tag{Key: fmt.Sprint("key", i), Value: strings.Repeat("v", i) + fmt.Sprint(i)})
		}
		got, want := PartsOf(AppendPrefix(nil, "metric", tags)), PartsOfTags(tags)
		if got != want {
			t.Errorf("%d tags: %v, want %v", n, got, want)
		}
	}
	for _, text := range []string{"", `{`, `"tags":{`, `"tags":{"`, `"tags":{"k`, `"tags":{"k"`, `"tags":{"k":"`, `"tags":{"k":"v`, `"tags":{}`, `"tags":{},"timestamp":`} {
		if got := PartsOf([]byte(text)); got != (Parts{}) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Values that differ in one byte have another part, nearly always.
func TestPartsTellValuesApart(t *testing.T) {
	seen := map[uint8]int{}
	for i := range 1000 {
		seen[PartsOfTags([]model.Tag{{Key: "k", Value: fmt.Sprintf("shop-%d.example.com", i)}})[0]]++
	}
	if len(seen) < 200 {
		t.Errorf("1000 values have %d parts of 256", len(seen))
	}
}
