// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats counts the spooled points of a client since the client was created. The counts
// satisfy
//
//	Found + Spooled = Replayed + Rejected + Dropped + Removed + Points
//
// except while a batch is being sent or written. They do not include the exporter's own
// metrics.
type SpoolStats struct {
	// Batches, Points and Bytes are the current content of the folder. Bytes is the size of
	// its files.
	Batches       int
	Points, Bytes int64
	// Found counts points that were in the folder when the client opened it, or that it took
	// over later from a process that has ended.
	Found uint64
	// Spooled counts points that the client has written to the folder.
	Spooled uint64
	// Replayed counts spooled points that the server has accepted.
	Replayed uint64
	// Rejected counts spooled points that the server has rejected.
	Rejected uint64
	// Dropped counts points that exceeded the limits of the spool, or whose files were moved
	// to the quarantine.
	Dropped uint64
	// Removed counts points whose files another program has removed, or that were in a folder
	// that the client has lost, because another program has removed its lock or replaced the
	// folder. Another client may have delivered these points.
	Removed uint64
	// Waiting reports whether the client waits for the folder, because another client uses
	// it, or because the client has lost the folder and could not lock it again. Meanwhile
	// the client has no spool. It tries to open the folder every 5 to 15 seconds.
	Waiting bool
}

// SpoolStats returns the statistics of the spool. It returns false if the client currently
// has no spool: none is configured, another client uses the folder (see
// [SpoolStats.Waiting]), or the spool is not open yet. The folder of APPTUIT_SPOOL_DIR is
// opened by exporter.New or by the first Send.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s, ok := client.Of(c).SpoolStats()
	return SpoolStats(s), ok
}

// SpoolContent describes the content of a spool's folder, including the subfolders of its
// instances (see [WithSpoolInstances]).
type SpoolContent struct {
	// Batches, Points and Bytes are the numbers of batches, points and bytes that wait to be
	// delivered. Points does not include the exporter's own metrics.
	Batches       int
	Points, Bytes int64
	// Oldest and Newest are the times at which the oldest and the newest batch were spooled.
	// They are zero if there are no batches.
	Oldest, Newest time.Time
	// LastError is the reason why the newest batch was spooled, on one line and without
	// secrets. It is empty if there are no batches, or if the version of this package that
	// wrote the batch did not store reasons.
	LastError string
	// Faulty is the number of batches that are damaged or unreadable.
	Faulty int
	// Foreign is the number of files and folders that do not belong to the spool. A client
	// does not touch them.
	Foreign int
	// Quarantined is the number of files in the subfolder "quarantine", and QuarantinedBytes
	// is their total size. These files are never delivered.
	Quarantined      int
	QuarantinedBytes int64
	// InUse reports whether a client, of this or another process, uses the folder.
	InUse bool
	// Insecure is nil if the folder is safe. If other users can change the folder, it is the
	// error that New returns without [WithSpoolInsecureFolder].
	Insecure error
}

// InspectSpool describes the content of a spool's folder. It does not deliver, move or remove
// batches, and does not disturb a client that uses the folder. It locks the folder for
// a moment. A client that opens the folder at that moment may find it in use. If the folder
// does not exist, the error wraps fs.ErrNotExist. The command "apptuit spool" shows the same
// information, and can verify, export and deliver the batches.
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
