// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolOption configures [WithSpool].
type SpoolOption interface{ applySpool(*spoolConfig) }

type spoolOptionFunc func(*spoolConfig)

func (f spoolOptionFunc) applySpool(c *spoolConfig) { f(c) }

type spoolConfig struct {
	dir       string
	limits    spool.Limits
	pause     time.Duration // between two replays
	instances bool
	later     bool // than New: by the first Send
}

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
	return optionFunc(func(c *config) {
		if dir == "" {
			c.fault("WithSpool: the folder has no name")
		}
		c.setSpool("WithSpool", dir, opts)
	})
}

func (c *config) setSpool(from, dir string, opts []SpoolOption) {
	s := &spoolConfig{dir: dir, limits: spool.Limits{Bytes: 512 << 20, Age: 24 * time.Hour}, pause: 100 * time.Millisecond}
	for _, o := range opts {
		if o != nil {
			o.applySpool(s)
		}
	}
	if s.limits.Bytes < 1 || s.limits.Age < 1 || s.pause < 0 {
		c.fault("%s: bytes, age and rate must be positive", from)
	}
	c.spool = s
}

// environmentSpool is the spool of the environment's variables.
func (c *config) environmentSpool() {
	dir := env.Get("APPTUIT_SPOOL_DIR")
	if dir == "" || c.spool != nil {
		return
	}
	var opts []SpoolOption
	if v := env.Get("APPTUIT_SPOOL_INSTANCES"); v != "" {
		share, err := encoding.ParseBool(v)
		if err != nil {
			c.fault("APPTUIT_SPOOL_INSTANCES: %w", err)
		}
		if share {
			opts = append(opts, WithSpoolInstances())
		}
	}
	if c.noSpool {
		return
	}
	c.setSpool("APPTUIT_SPOOL_DIR", dir, opts)
	c.spool.later = true
}

// WithoutSpool ignores APPTUIT_SPOOL_DIR: for a program beside the one that has
// the folder, such as a command that sends a few points in the same environment.
// A value of APPTUIT_SPOOL_INSTANCES that is none is still an error.
func WithoutSpool() Option {
	return optionFunc(func(c *config) { c.noSpool = true })
}

// WithSpoolMaxBytes bounds the spool's files, in bytes, by default 512 MiB. What
// is set aside may have an eighth of that in addition.
func WithSpoolMaxBytes(n int64) SpoolOption {
	return spoolOptionFunc(func(c *spoolConfig) { c.limits.Bytes = n })
}

// WithSpoolMaxAge bounds how long a batch is kept, by default 24 hours. While the
// process lives, jumps of the clock do not matter.
func WithSpoolMaxAge(d time.Duration) SpoolOption {
	return spoolOptionFunc(func(c *spoolConfig) { c.limits.Age = d })
}

// WithSpoolRate bounds the requests with which spooled batches are delivered, by
// default 10 a second, so that a server that is back is not met by the whole
// outage at once.
func WithSpoolRate(perSecond float64) SpoolOption {
	return spoolOptionFunc(func(c *spoolConfig) {
		c.pause = -1
		if perSecond > 0 {
			c.pause = time.Duration(min(float64(time.Second)/perSecond, float64(24*time.Hour)))
		}
	})
}

// WithSpoolInstances lets up to 64 clients, of this and other processes, share the
// folder: each takes a subfolder, and takes over what those that are gone have left.
// APPTUIT_SPOOL_INSTANCES does the same for APPTUIT_SPOOL_DIR.
func WithSpoolInstances() SpoolOption {
	return spoolOptionFunc(func(c *spoolConfig) { c.instances = true })
}
