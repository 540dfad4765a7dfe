// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// Points that cannot be delivered wait in the folder for the next run.
func TestSpool_KeepsPointsForTheNextRun(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	folder := t.TempDir()
	away := apptuittest.NewServer()
	away.Close()
	send(t, away, cli.Spooled, "m", "1", "h=a", "--timestamp", "1700000000", "--spool", folder).says(t, "1 point is in the spool")
	sendFrom(t, away, nil, cli.Spooled, "--from", file(t, "points.txt", "put m 1700000001 2 h=a\n"), "--spool", folder).says(t, "1 point read: 0 accepted, 0 rejected, 1 spooled")
	if out := send(t, s, cli.OK, "m", "3", "h=a", "--timestamp", "1700000002", "--spool", folder); out.stdout != "" {
		t.Errorf("%q", out.stdout)
	}
	got := map[string]bool{}
	for _, line := range lines(s) {
		got[line] = true
	}
	want := map[string]bool{"m{h=a} 1700000000 1": true, "m{h=a} 1700000001 2": true, "m{h=a} 1700000002 3": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
