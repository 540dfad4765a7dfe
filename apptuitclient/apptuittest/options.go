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
	authorizations []string // accepted Authorization headers; if empty, none is required
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

// WithProfile makes the server imitate another server, in the respects that the package comment lists. The default is
// [Apptuit].
func WithProfile(p Profile) Option {
	return optionFunc(func(c *config) { c.dialect = p.dialect() })
}

// WithToken makes the server require the token as a Bearer token, and answer 401 to other requests. If it is given several
// times, or with [WithUser], each of the credentials is accepted. By default, no credentials are required.
func WithToken(token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, bearer(token))
	})
}

// WithUser makes the server require Basic authentication with the user and the token as password, and answer 401 to other
// requests. If it is given several times, or with [WithToken], each of the credentials is accepted.
func WithUser(user, token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, basic(user, token))
	})
}

// WithoutDetails makes the server ignore the parameters details and summary, as some servers do. It answers 204 if every
// point is accepted, and 400 if a point is rejected, both without a body. Valid points are stored in both cases. The
// option has no effect on the profiles VictoriaMetrics and InfluxDB, which do not support these parameters.
func WithoutDetails() Option {
	return optionFunc(func(c *config) { c.withoutDetails = true })
}

// WithMaxBodyBytes limits a request's body to n bytes after decompression. To a larger body, the server answers 413, or
// 400 with the profile VictoriaMetrics, and stores none of its points. The default is 64 MiB, also if n is less than 1.
func WithMaxBodyBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxBodyBytes
		}
		c.maxBodyBytes = n
	})
}

// WithMaxPoints makes the server keep only the first n points. Later points are accepted and counted, but not kept. The
// default is 1,000,000, also if n is less than 1. A point with six tags takes about 1 KB.
func WithMaxPoints(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxPoints
		}
		c.maxPoints = n
	})
}
