// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

const (
	defaultMaxBodyBytes = 64 << 20
	defaultMaxPoints    = 1_000_000
	maxRequests         = 10_000
)

// Option changes how a server answers.
type Option interface {
	apply(*config)
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	authorizations []string // accepted Authorization headers; none: every request passes
	withoutDetails bool
	maxBodyBytes   int64
	maxPoints      int
	dialect        dialect
}

func newConfig(opts []Option) config {
	c := config{maxBodyBytes: defaultMaxBodyBytes, maxPoints: defaultMaxPoints, dialect: Apptuit.dialect()}
	for _, o := range opts {
		o.apply(&c)
	}
	return c
}

// WithProfile makes the server behave as another one does, in the respects that the package comment names. The default is
// Apptuit.
func WithProfile(p Profile) Option {
	return optionFunc(func(c *config) { c.dialect = p.dialect() })
}

// WithToken makes the server require "Authorization: Bearer token", and answer 401 to other requests. If it is given
// several times, or with WithUser, each of the credentials is accepted. By default none is required.
func WithToken(token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, bearer(token))
	})
}

// WithUser makes the server require basic authentication with the user, and the token as password, and answer 401 to
// other requests. If it is given several times, or with WithToken, each of the credentials is accepted.
func WithUser(user, token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, basic(user, token))
	})
}

// WithoutDetails makes the server ignore the flags details and summary, as some servers do: it answers 204 if every point
// is accepted and 400 if one is rejected, both without a body. Valid points are stored in both cases. It has no effect on
// the profiles VictoriaMetrics and InfluxDB, which know no such flags.
func WithoutDetails() Option {
	return optionFunc(func(c *config) { c.withoutDetails = true })
}

// WithMaxBodyBytes makes the server answer 413, or 400 with the profile VictoriaMetrics, to a body of more than n bytes,
// after decompression, and store no point of it. The default, also for n below 1, is 64 MiB.
func WithMaxBodyBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxBodyBytes
		}
		c.maxBodyBytes = n
	})
}

// WithMaxPoints limits the points that are kept to the first n. Further points are accepted and counted, but not kept.
// The default, also for n below 1, is 1,000,000; a point with six tags takes about 1 KB.
func WithMaxPoints(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxPoints
		}
		c.maxPoints = n
	})
}
