// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"testing"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The doctor reports OpenTSDB and its version, and recommends its profile, also if the server refuses the
// first point of the doctor.
func TestDoctor_RecommendsTheProfile(t *testing.T) {
	t.Parallel()
	d := servers.BuildCommand(t)
	o := shared.start(t, nil) // the doctor's metric is always the same
	d.Examine(t, 0, servers.Findings{
		"put": {"ok", "200"}, "server": {"ok", "OpenTSDB of revision eb125a342, by /api/version"},
		"tag values":    {"ok", `is refused: Invalid tag value with key [probe] ("a+b"): illegal character: +`},
		"partial write": {"ok", "the server reports each invalid point (1 stored, 1 not)"},
		"read-back":     {"ok", "found by OpenTSDB's query API"},
		"second value":  {"ok", "one is kept"},
		"profile":       {"warning", "APPTUIT_SERVER=opentsdb,"},
	}, "--endpoint", o.Endpoint())
	d.Examine(t, 0, servers.Findings{
		"put": {"ok", "200"}, "read-back": {"ok", "found by OpenTSDB's query API"}, "profile": {"ok", "opentsdb, from --server, fits "},
	}, "--endpoint", o.Endpoint(), "--server", "opentsdb", "--tags", "route: /users/{id}")
	d.Examine(t, 1, servers.Findings{
		"put": {"failed", "illegal character: {"}, "read-back": {"skipped", "put has failed"}, "profile": {"warning", "APPTUIT_SERVER=opentsdb,"},
	}, "--endpoint", o.Endpoint(), "--tags", "route: /users/{id}")
	d.Examine(t, 0, servers.Findings{
		"server": {"ok", "OpenTSDB of revision"}, "query": {"ok", "OpenTSDB's query API answers"}, "profile": {"warning", "APPTUIT_SERVER=opentsdb,"},
	}, "--endpoint", o.Endpoint(), "--no-probe")

	open := shared.start(t, map[string]string{"tsd.core.tag.allow_specialchars": "+:{}"})
	d.Examine(t, 0, servers.Findings{
		"tag values": {"ok", "is accepted"}, "profile": {"warning", "APPTUIT_TAG_VALUES=any"},
	}, "--endpoint", open.Endpoint())
}
