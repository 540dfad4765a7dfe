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
}

func newConfig(opts []Option) config {
	c := config{maxBodyBytes: defaultMaxBodyBytes, maxPoints: defaultMaxPoints}
	for _, o := range opts {
		o.apply(&c)
	}
	return c
}

// WithToken demands "Authorization: Bearer token" of every request and answers 401 to others. Given several times, or
// with WithUser, each credential is accepted. Without either, nothing is demanded.
func WithToken(token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, bearer(token))
	})
}

// WithUser demands basic authentication with the user and the token as password, and answers 401 to others. Given
// several times, or with WithToken, each credential is accepted.
func WithUser(user, token string) Option {
	return optionFunc(func(c *config) {
		c.authorizations = append(c.authorizations, basic(user, token))
	})
}

// WithoutDetails answers a put as servers do that know neither details nor summary: 204 when every point is accepted,
// 400 when one is not, both without a body. The good points are stored all the same.
func WithoutDetails() Option {
	return optionFunc(func(c *config) { c.withoutDetails = true })
}

// WithMaxBodyBytes answers 413 to a body of more than n bytes, counted after decompression, and stores nothing of it.
// The default, also for n below 1, is 64 MiB.
func WithMaxBodyBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxBodyBytes
		}
		c.maxBodyBytes = n
	})
}

// WithMaxPoints keeps at most the first n accepted points; later ones are accepted and counted, but not kept. The
// default, also for n below 1, is 1,000,000; a point of six tags takes about 1 KB.
func WithMaxPoints(n int) Option {
	return optionFunc(func(c *config) {
		if n < 1 {
			n = defaultMaxPoints
		}
		c.maxPoints = n
	})
}
