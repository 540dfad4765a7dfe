// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ParseForm returns the form of a name in any case: recorded, buckets, quantiles or
// both.
func ParseForm(name string) (Form, error) {
	return Named("histograms", name, AsRecorded, "recorded", "buckets", "quantiles", "both")
}

// Named returns the value of a name in any case, of values that are counted from
// the first, whose names these are.
func Named[T ~uint8](what, name string, first T, names ...string) (T, error) {
	for i, n := range names {
		if strings.EqualFold(name, n) {
			return first + T(i), nil
		}
	}
	last := len(names) - 1
	return first, fmt.Errorf("%s %q: must be %s or %s", what, name, strings.Join(names[:last], ", "), names[last])
}

// maxQuantiles bounds the quantiles of a histogram, each of which is a series.
const maxQuantiles = 100

// CleanQuantiles returns quantiles in order, each once. Its error names all that is
// wrong, in one line.
func CleanQuantiles(quantiles []float64) ([]float64, error) {
	var faults []string
	for _, q := range quantiles {
		if !(q > 0 && q < 1) {
			faults = append(faults, fmt.Sprintf("quantile %v must be greater than 0 and less than 1", q))
		}
	}
	clean := slices.Clone(quantiles)
	slices.Sort(clean)
	clean = slices.Compact(clean)
	if len(clean) == 0 || len(clean) > maxQuantiles {
		faults = append(faults, fmt.Sprintf("there must be 1 to %d quantiles, not %d", maxQuantiles, len(clean)))
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return clean, nil
}
