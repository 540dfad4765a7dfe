// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/reported"
)

// warned identifies a warning that was returned.
type warned struct {
	instrument Identity
	overflow   bool
}

// newWarnings returns the set of the warnings of a pool.
func newWarnings() *reported.Set[warned] { return reported.NewSet[warned](maxReported) }

// warn adds a warning to the tally, once for each id.
func (c *Converter[K]) warn(id warned, warning error) {
	if !c.warned.Seen(id) {
		c.tally.Warnings = append(c.tally.Warnings, warning)
	}
}

// OverflowError says that a data point with the attribute [OverflowKey] was exported.
type OverflowError struct{ Instrument Identity }

// Error names the instrument and the remedy.
func (e OverflowError) Error() string {
	const advice = "raise the limit, or remove attributes with a View"
	return e.Instrument.String() + " has reached the SDK's cardinality limit: measurements with further attributes are aggregated" +
		" in one series with the attribute otel.metric.overflow; " + advice
}

// CardinalityError says that an instrument has more series than [Config.CardinalityWarning].
type CardinalityError struct {
	Instrument    Identity
	Series, Limit int
}

// Error names the instrument and the remedy.
func (e CardinalityError) Error() string {
	const advice = "remove attributes with a View or the attribute filter, or raise the number"
	return fmt.Sprintf("%v has %d series, more than the %d of the cardinality warning: %s", e.Instrument, e.Series, e.Limit, advice)
}
