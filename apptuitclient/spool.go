// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats says what became of spooled points since the client was made:
// Found + Spooled = Replayed + Rejected + Dropped + Points, but for a batch that
// is on its way at that moment. The exporter's own metrics are left out.
type SpoolStats struct {
	// Batches, Points and Bytes are in the folder now.
	Batches       int
	Points, Bytes int64
	// Found points were there when the folder was opened.
	Found uint64
	// Spooled points were put there.
	Spooled uint64
	// Replayed points were accepted by the server.
	Replayed uint64
	// Rejected points were refused by the server.
	Rejected uint64
	// Dropped points exceeded the limits of the spool, or were in files that were moved
	// to the quarantine.
	Dropped uint64
}

// SpoolStats returns what became of spooled points so far, and false without a
// spool, or before it is open: the folder of APPTUIT_SPOOL_DIR is opened by
// exporter.New, or by the first Send. It is safe for concurrent use.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s, ok := client.Of(c).SpoolStats()
	return SpoolStats(s), ok
}

// SpoolContent describes the folder of a spool, with the subfolders of its instances.
type SpoolContent struct {
	// Batches, Points and Bytes wait to be delivered. Points are without the
	// exporter's own metrics.
	Batches       int
	Points, Bytes int64
	// Oldest is when the oldest batch was spooled; zero without batches.
	Oldest time.Time
	// Faulty files are damaged, foreign or unreadable.
	Faulty int
	// Quarantined files are in the subfolder "quarantine". They are not delivered.
	Quarantined int
	// InUse reports whether a client, of this or another process, has the folder.
	InUse bool
}

// InspectSpool describes the folder of a spool (WithSpool, APPTUIT_SPOOL_DIR) without
// opening it: nothing is delivered, moved or removed, and a client that has the folder is
// not disturbed. It holds the lock of the folder for a moment; a client that opens the
// folder at that moment can find it in use. The error wraps fs.ErrNotExist if there is no
// such folder.
func InspectSpool(dir string) (SpoolContent, error) {
	s, err := spool.Inspect(dir)
	if err != nil {
		return SpoolContent{}, fmt.Errorf("apptuit: spool: %w", err)
	}
	return SpoolContent(s), nil
}
