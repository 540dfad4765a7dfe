// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/settings"
)

// The exporter reads the variables of its settings. Settings that the client has, too, are
// read by the client.
func TestVariables_AreThoseOfTheTable(t *testing.T) {
	var want []string
	for _, s := range settings.WithVariables() {
		if !slices.ContainsFunc(s.Options, func(o string) bool { return strings.HasPrefix(o, "apptuitclient.") }) {
			want = append(want, s.Name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys((&config{}).variables()))); diff != "" {
		t.Errorf("internal/settings -, exporter +:\n%s", diff)
	}
}
