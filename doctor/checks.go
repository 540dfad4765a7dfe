// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"
	"time"
)

// The time limits of checks.
const (
	quick   = 2 * time.Second  // of a check that uses no network
	network = 10 * time.Second // of a check that uses the network
	forever = 24 * time.Hour   // of a check that only the deadline of the run limits
)

// allChecks returns the checks in their order.
func (c *config) allChecks() []check {
	all := slices.Concat([]check{
		{name: "settings", limit: quick, run: checkSettings},
		{name: "configuration", limit: quick, run: checkConfiguration},
		{name: "effect", limit: quick, run: checkEffect},
		{name: "opentelemetry", limit: quick, run: checkOpenTelemetry},
		{name: "token file", limit: quick, run: checkTokenFile},
		{name: "service", limit: quick, run: checkService},
		{name: "spool", limit: quick, run: checkSpool},
	}, c.checks, []check{
		{name: "proxy", limit: quick, needs: []string{"configuration"}, run: checkProxy},
		{name: "dns", limit: network, needs: []string{"configuration", "proxy"}, run: checkDNS},
		{name: "tcp", limit: network, needs: []string{"dns"}, run: checkTCP},
		{name: "tls", limit: network, needs: []string{"tcp"}, run: checkTLS},
	})
	if c.noProbe {
		all = append(all,
			check{name: "put", limit: quick, run: func(_ context.Context, _ *run, f *findings) { f.skip("no probe is sent") }},
			check{name: "server", limit: network, needs: []string{"tls"}, run: checkServer},
			check{name: "query", limit: network, needs: []string{"tls"}, run: checkQuery})
	} else {
		all = append(all,
			check{name: "put", limit: network, needs: []string{"tls"}, run: checkPut},
			check{name: "server", limit: network, needs: []string{"tls"}, run: checkServer},
			check{name: "tag values", limit: network, needs: []string{"tls"}, run: checkTagValues},
			check{name: "partial write", limit: network, needs: []string{"tls"}, run: checkPartialWrite},
			check{name: "two values", limit: network, needs: []string{"tls"}, run: checkTwoValues},
			check{name: "read-back", limit: forever, needs: []string{"put"}, run: checkReadBack},
			// The values are queried last, because a server may need some seconds to show them.
			check{name: "second value", limit: network, needs: []string{"two values", "read-back"}, run: checkSecondValue})
	}
	return append(all,
		check{name: "profile", limit: quick, needs: []string{"configuration"}, run: checkProfile},
		check{name: "clock", limit: quick, run: checkClock})
}
