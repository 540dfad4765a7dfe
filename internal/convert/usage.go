// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

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
