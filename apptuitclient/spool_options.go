// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"time"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// SpoolOption configures [WithSpool].
type SpoolOption interface{ applySpool(*client.SpoolSettings) }

type spoolOptionFunc func(*client.SpoolSettings)

func (f spoolOptionFunc) applySpool(s *client.SpoolSettings) { f(s) }

// WithSpool keeps batches in a folder while they cannot be delivered, for a
// reason that may pass or because the token is refused, and delivers them in the
// background, oldest first, also after a restart of the process. Spooled points
// are not an error of Send or Export. The folder is made if need be; at most 512
// MiB and 24 hours are kept unless options say otherwise; what is over them goes,
// oldest first, counted and reported. A folder belongs to one process at a time:
// New fails if another client, of this or another process, has it, unless
// WithSpoolInstances is given. The client has to be closed. It beats
// APPTUIT_SPOOL_DIR, of which the folder is opened by exporter.New, or by the
// client's first Send. Without either there is no spool.
func WithSpool(dir string, opts ...SpoolOption) Option {
	return optionFunc(func(s *client.Settings) {
		if dir == "" {
			s.Fault("WithSpool: the folder has no name")
		}
		s.Spool = client.NewSpoolSettings(dir)
		for _, o := range opts {
			if o != nil {
				o.applySpool(s.Spool)
			}
		}
		s.CheckSpool("WithSpool")
	})
}

// WithoutSpool ignores APPTUIT_SPOOL_DIR: for a program beside the one that has
// the folder, such as a command that sends a few points in the same environment.
// A value of APPTUIT_SPOOL_INSTANCES that is none is still an error.
func WithoutSpool() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.Spool = true })
}

// WithSpoolMaxBytes limits the files of the spool, in bytes, by default 512 MiB. The
// quarantine has up to an eighth of that in addition.
func WithSpoolMaxBytes(n int64) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Bytes = n })
}

// WithSpoolMaxAge bounds how long a batch is kept, by default 24 hours. While the
// process lives, jumps of the clock do not matter.
func WithSpoolMaxAge(d time.Duration) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Age = d })
}

// WithSpoolRate bounds the requests with which spooled batches are delivered, by
// default 10 a second, so that a server that is back is not met by the whole
// outage at once.
func WithSpoolRate(perSecond float64) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) {
		s.ReplayInterval = -1
		if perSecond > 0 {
			s.ReplayInterval = time.Duration(min(float64(time.Second)/perSecond, float64(24*time.Hour)))
		}
	})
}

// WithSpoolInstances lets up to 64 clients, of this and other processes, share the
// folder: each takes a subfolder, and takes over what those that are gone have left.
// APPTUIT_SPOOL_INSTANCES does the same for APPTUIT_SPOOL_DIR.
func WithSpoolInstances() SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Instances = true })
}
