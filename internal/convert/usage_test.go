// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// A series that is sent without a data point is included in the usage.
func TestExport_Usage_CountsIdleSeries(t *testing.T) {
	p := NewPool[string, int](Config{Usage: true}, 1<<20)
	var key InstrumentKey[string]
	for i := range 2 {
		r := newRecorder(t)
		x := p.Begin(r, time.Now())
		l := x.Lease("r", noResourceTags)
		if i == 0 {
			n := l.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
			key = n.Key()
			n.Add("k=v", parseTags("k=v"), false).Number(at(stamp), model.Int(1), 1)
			n.Done()
		} else {
			point, _ := l.Find(key).LookupIdle("k=v")
			point.Number(at(stamp+10), model.Int(1), 0)
		}
		l.End()
		r.builder.Flush()
		if u := x.Usage(); len(u) != 1 || u[0].Series != 1 || u[0].Points != 1 || u[0].Bytes == 0 {
			t.Errorf("export %d: usage %+v", i, u)
		}
		x.Close()
	}
}
