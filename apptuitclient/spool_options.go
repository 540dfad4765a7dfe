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

// WithSpool keeps batches that cannot be delivered in a folder, and delivers them in the
// background, oldest first, even after a restart of the process. It keeps batches that
// failed for a temporary reason, or for a reason that a change of the configuration can
// remove, such as a wrong token. Send and Export do not return an error for spooled points.
// The program must close the client. The package comment describes the behaviour of a client
// with a spool.
//
// The folder is created if necessary. By default its files take at most 512 MiB, and a batch
// is kept for at most 24 hours ([WithSpoolMaxBytes], [WithSpoolMaxAge]). Beyond these limits,
// the oldest batches are dropped, counted and reported.
//
// Only one client at a time can use a folder, unless [WithSpoolInstances] is given. If another
// client, of this or another process, uses it, the client warns and has no spool until the
// other client has ended (see [SpoolStats.Waiting]). New returns an error if the folder cannot
// be created or locked, or if other users can change it (see [WithSpoolInsecureFolder]).
//
// There is no spool by default. WithSpool overrides APPTUIT_SPOOL_DIR. The folder of that
// variable is opened by exporter.New or by the client's first Send.
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

// WithoutSpool disables APPTUIT_SPOOL_DIR, and a [WithSpool] that precedes it. It is meant for
// programs that run in the same environment as the program that uses the folder, such as
// a command that sends a few points. An invalid APPTUIT_SPOOL_INSTANCES remains an error of
// New.
func WithoutSpool() Option {
	return optionFunc(func(s *client.Settings) { s.Ignore.Spool, s.Spool = true, nil })
}

// WithSpoolMaxBytes limits the total size of the spool's files, in bytes. The default is
// 512 MiB, or APPTUIT_SPOOL_MAX_BYTES. The quarantine can take up to an eighth of the limit
// in addition.
func WithSpoolMaxBytes(n int64) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Bytes.Set("WithSpoolMaxBytes", n) })
}

// WithSpoolMaxAge limits how long a batch is kept. The default is 24 hours, or
// APPTUIT_SPOOL_MAX_AGE. The limit applies only after the server has answered an attempt to
// deliver the batch from the spool: while the server cannot be reached, no batch is dropped
// for its age. Changes of the system clock do not affect the batches that the running process
// has written or found.
func WithSpoolMaxAge(d time.Duration) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Age.Set("WithSpoolMaxAge", d) })
}

// WithSpoolRate limits the rate of requests with spooled batches, in requests per second.
// The default is 10, so that a server that has just recovered is not overloaded.
func WithSpoolRate(perSecond float64) SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) {
		s.ReplayInterval = -1
		if perSecond > 0 {
			s.ReplayInterval = time.Duration(min(float64(time.Second)/perSecond, float64(24*time.Hour)))
		}
	})
}

// WithSpoolInstances lets up to 64 clients, of this and other processes, share the folder.
// Each client uses its own subfolder. Within a minute after a client has ended, another
// client takes over the batches in its subfolder. For the folder of APPTUIT_SPOOL_DIR, use
// the variable APPTUIT_SPOOL_INSTANCES.
func WithSpoolInstances() SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Instances = true })
}

// WithSpoolInsecureFolder allows a folder that other users can write to, or that belongs to
// another user. Without it, New returns an error for such a folder on Unix, because other
// users could read, remove or add batches. Use it only if all processes that can access the
// folder are trusted, for example for the volume of a single container. It is not necessary
// for a subfolder of the volume: the client creates that for its own user. For the folder of
// APPTUIT_SPOOL_DIR, use the variable APPTUIT_SPOOL_INSECURE_DIR.
func WithSpoolInsecureFolder() SpoolOption {
	return spoolOptionFunc(func(s *client.SpoolSettings) { s.Insecure = true })
}
