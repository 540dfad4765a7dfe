// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

// State is what an exporter has behind it, or, of the client alone, how it is
// used.
type State string

// The states. Warm, an exporter has exported these series before. Cold, it is
// new: making it, and what of connecting it does not share with others, are part
// of what is measured. With churn it is warm, but one series in a hundred is new
// at every collection. The last two are of the client alone.
const (
	Warm  State = "warm"
	Cold  State = "cold"
	Churn State = "1 % new"

	Points     State = "Send"
	TimeSeries State = "SendTimeSeries"
)

// Job is what a worker is for: one peer, and data in some states.
type Job struct {
	Peer       string
	Collection collection.Config // without Churn, which is a state; unused by the client alone
	Sending    *Sending          // instead: the client alone
	States     []State
	Sink       sink.Addresses
	Profile    string // file to write a profile of the processor to, or empty
}

// Order asks a worker for a number of exports in a state. With Check it is
// compared what the sink decodes.
type Order struct {
	State   State
	Exports int
	Check   bool
}

// Answer is that of a worker to an order.
type Answer struct {
	Sample Sample
	Error  string
}
