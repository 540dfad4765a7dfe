// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/reported"
)

// Usage is the size of the data of an instrument in an export.
type Usage struct {
	Identity
	Series int   // data points of the export, and series that were sent without a data point
	Points int   // wire points that became part of a batch
	Bytes  int64 // share in the compressed bodies, see [put.Accounts]

	id uint32 // of the instrument
}

// Usage returns the usage of each instrument, if [Config.Usage] is set. It must be called after
// the sink has delivered the last batch, and the result is valid until Close.
func (x *Export[K, S]) Usage() []Usage {
	for n := range x.ws.usage {
		u := &x.ws.usage[n]
		u.Points, u.Bytes = x.ws.accounts.Points(u.id), x.ws.accounts.Bytes(u.id)
	}
	return x.ws.usage
}

// review notes the instruments of the export for [Export.Usage], and warnings about them.
func (c *Converter[K]) review() {
	for _, i := range c.instruments {
		if i == nil || i.series == 0 {
			continue
		}
		if c.cfg.Usage {
			c.ws.usage = append(c.ws.usage, Usage{Identity: i.Identity(), Series: i.series, id: i.id})
		}
		if i.overflowed {
			c.warn(warned{i.Identity(), true}, OverflowError{i.Identity()})
			i.overflowed = false
		}
		if limit, n := c.cfg.CardinalityWarning, max(i.series, len(i.index.entries)); limit > 0 && n > limit {
			c.warn(warned{i.Identity(), false}, CardinalityError{i.Identity(), n, limit})
		}
		i.series = 0
	}
}

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
