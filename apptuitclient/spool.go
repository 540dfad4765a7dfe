// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats counts the spooled points of a client since it was created:
//
//	Found + Spooled = Replayed + Rejected + Dropped + Removed + Points
//
// except for a batch that is being sent or written at that moment. The exporter's own
// metrics are not counted.
type SpoolStats struct {
	// Batches, Points and Bytes are the current content of the folder.
	Batches       int
	Points, Bytes int64
	// Found points were in the folder when the client opened it, or were taken over later
	// from a process that has ended.
	Found uint64
	// Spooled points were written to the folder.
	Spooled uint64
	// Replayed points were accepted by the server.
	Replayed uint64
	// Rejected points were refused by the server.
	Rejected uint64
	// Dropped points exceeded the limits of the spool, or were in files that were moved to
	// the quarantine.
	Dropped uint64
	// Removed points were in files that another program has removed, or in a folder that the
	// client has lost, because another program has removed its lock or replaced the folder.
	// Another client may have delivered them.
	Removed uint64
	// Waiting reports whether another client has the folder, or the folder was lost and could
	// not be locked again. The client has no spool then; it tries to open the folder every ten
	// seconds.
	Waiting bool
}

// SpoolStats returns the statistics of the spool. It returns false if the client has no
// spool at this moment: none is configured, another client has the folder (see
// [SpoolStats.Waiting]), or the spool is not open yet. The folder of APPTUIT_SPOOL_DIR is
// opened by exporter.New, or by the first Send. It is safe for concurrent use.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s, ok := client.Of(c).SpoolStats()
	return SpoolStats(s), ok
}

// SpoolContent describes the folder of a spool, including the subfolders of its instances
// (see [WithSpoolInstances]).
type SpoolContent struct {
	// Batches, Points and Bytes are waiting to be delivered. The exporter's own metrics are
	// not counted in Points.
	Batches       int
	Points, Bytes int64
	// Oldest and Newest are when the oldest and the newest batch were spooled, the zero time
	// without batches.
	Oldest, Newest time.Time
	// LastError is the reason why the newest batch could not be delivered when it was spooled,
	// on one line and without secrets. It is empty without batches, and if the batch was written
	// by a version of this package that did not store the reason.
	LastError string
	// Faulty is the number of batches that are damaged or unreadable.
	Faulty int
	// Foreign is the number of other files and folders. A client leaves them alone.
	Foreign int
	// Quarantined is the number of files in the subfolder "quarantine", and QuarantinedBytes
	// their size. They are never delivered.
	Quarantined      int
	QuarantinedBytes int64
	// InUse reports whether a client, of this or another process, has opened the folder.
	InUse bool
	// Insecure is the error with which a client refuses the folder, because other users can
	// change it, unless [WithSpoolInsecureFolder] is given. It is nil if the folder is safe.
	Insecure error
}

// InspectSpool describes the folder of a spool without opening it. It delivers, moves and
// removes nothing, and does not disturb a client that has opened the folder. It locks the
// folder for a moment; a client that opens the folder at that moment may find it in use.
// The error wraps fs.ErrNotExist if there is no such folder. The command "apptuit spool" does
// the same, and verifies, exports or delivers the batches.
func InspectSpool(dir string) (SpoolContent, error) {
	s, err := spool.Inspect(dir)
	if err != nil {
		return SpoolContent{}, fmt.Errorf("apptuit: spool: %w", err)
	}
	return SpoolContent{
		Batches: s.Batches, Points: s.Points, Bytes: s.Bytes, Oldest: s.Oldest, Newest: s.Newest, LastError: s.Reason,
		Faulty: s.Faulty, Foreign: s.Foreign, Quarantined: s.Quarantined, QuarantinedBytes: s.QuarantinedBytes,
		InUse: s.InUse, Insecure: s.Insecure,
	}, nil
}
