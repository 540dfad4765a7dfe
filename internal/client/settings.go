// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Settings is the configuration of a client. Create it with [NewSettings], apply options,
// and pass it to [New], which adds the environment and the defaults and returns all faults
// in one error.
type Settings struct {
	Errors  ErrorTypes
	Version string // of this module, for the User-Agent header

	DefaultEndpoint string // the server if neither an option nor APPTUIT_ENDPOINT sets one
	Server          Optional[Server]

	Connection ConnectionSettings
	Points     PointSettings
	Retry      RetryPolicy
	Warn       func(error)    // the warning handler
	Spool      *SpoolSettings // nil without a spool

	Ignore struct { // parts of the environment to ignore
		All, Tags, Spool bool
	}

	KnownVariables []string // that begin with APPTUIT_, and that the program reads itself

	machine Machine
	profile Profile // of Server

	creds      *credentials
	tokens     int     // number of options that set a token; at most one is valid
	retryGiven bool    // an option has set Retry
	faults     []error // of the configuration, see Fault
}

// ConnectionSettings configures requests.
type ConnectionSettings struct {
	Timeout    Optional[time.Duration] // of one request, to the end of its answer
	Sync       time.Duration           // OpenTSDB's sync_timeout; 0 disables sync
	HTTPClient *http.Client            // as the program gave it; nil without one
	TLS        *tls.Config
	Proxy      func(*http.Request) (*url.URL, error)

	endpoint *url.URL          // nil until it is set
	headers  map[string]string // by canonical names; nil until they are set
	files    TLSFiles
	http     *http.Client        // makes the requests
	observed http.RoundTripper   // the transport of http before Observe; nil without Observe
	ownHTTP  bool                // this package created the transport, so Close must close its connections
	reloads  *reloadingTransport // the transport of http if there are TLS files
	// proxy returns the proxy for a request; nil if it is not known.
	proxy func(*http.Request) (*url.URL, error)
}

// PointSettings configures points and batches.
type PointSettings struct {
	Tags         map[string]string // global tags of the options
	Mode         Optional[encoding.SanitizeMode]
	TagValues    Optional[encoding.TagValueRule]
	MaxTags      Optional[int]
	Compression  Optional[put.Encoding]
	Resolution   Optional[time.Duration] // of timestamps: time.Second or time.Millisecond
	MaxPoints    Optional[int]           // of a batch
	MaxBytes     Optional[int64]         // of the text of a batch
	InFlight     int                     // concurrent batches of one Writer
	EncodedNames bool

	envTags map[string]string // of APPTUIT_TAGS
	global  []model.Tag       // tags that Send adds: sanitized and sorted
}

// RetryPolicy determines whether, when and how long a failed request is repeated. Its
// fields are documented in apptuitclient.RetryConfig. [retrier] implements it for live
// batches; the circuit breaker and the replay use its intervals only.
type RetryPolicy struct {
	Enabled         bool
	InitialInterval time.Duration
	MaxInterval     time.Duration
	MaxElapsedTime  time.Duration
}

// NewSettings returns the default configuration. Settings that an environment variable can
// set are left zero.
func NewSettings() *Settings {
	return &Settings{
		Points: PointSettings{InFlight: 2},
		Retry:  RetryPolicy{Enabled: true, MaxElapsedTime: time.Minute},
		Warn:   otel.Handle,
		creds:  newCredentials(),
	}
}

// complete adds the environment and the defaults, and checks the configuration. Its error
// joins all faults.
func (s *Settings) complete() error {
	if s.tokens > 1 {
		s.Fault("WithToken, WithTokenSource and WithTokenFile exclude each other: use one of them")
	}
	if s.authorizationHeader() && s.credentialOption() {
		s.Fault("WithHeaders: Authorization and a token or user id exclude each other: use one of them")
	}
	if !s.Ignore.All {
		s.environment()
	}
	s.defaults()
	authorized := s.creds.source != nil || s.authorizationHeader()
	switch {
	case authorized || s.tokens > 0:
	case s.creds.user != "":
		s.Fault("a token is needed with a user id: set WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE")
	case s.Connection.endpoint.String() == s.DefaultEndpoint:
		s.Fault("a token is needed for %s: set WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE", s.DefaultEndpoint)
	}
	s.globalTags()
	s.setClient()
	if len(s.faults) > 0 {
		return fmt.Errorf("apptuit: configuration: %w", errors.Join(s.faults...))
	}
	if authorized && s.Connection.endpoint.Scheme == "http" && !loopback(s.Connection.endpoint.Hostname()) {
		notify.Call(s.Warn, fmt.Errorf("apptuit: the token is sent to %s without encryption: use https", s.Connection.endpoint.Host))
	}
	return nil
}

func (s *Settings) defaults() {
	s.Connection.Timeout.SetDefault(60 * time.Second)
	if s.Retry.InitialInterval == 0 {
		s.Retry.InitialInterval = time.Second
	}
	if s.Retry.MaxInterval == 0 {
		s.Retry.MaxInterval = max(30*time.Second, s.Retry.InitialInterval)
	}
	if s.Connection.endpoint == nil {
		s.SetEndpoint("default endpoint", s.DefaultEndpoint)
	}
	s.useProfile()
}

// milliseconds reports whether timestamps are sent in milliseconds rather than seconds.
func (p *PointSettings) milliseconds() bool { return p.Resolution.Value == time.Millisecond }

// tagRules returns the rules for the tags of points.
func (p *PointSettings) tagRules() model.TagRules {
	return model.TagRules{Mode: p.Mode.Value, Values: p.TagValues.Value, Max: p.MaxTags.Value}
}

// Fault records a fault of the configuration, which New returns.
func (s *Settings) Fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// SetUser sets the user of Basic authentication. from is the name of the option or
// variable, for errors.
func (s *Settings) SetUser(from, user string) {
	if strings.Contains(user, ":") {
		s.Fault("%s: a user id cannot contain a colon", from)
	}
	s.creds.user = user
}

// GiveToken sets the token of an option, whose name is from. Only one of GiveToken,
// GiveTokenSource and GiveTokenFile may be called.
func (s *Settings) GiveToken(from, token string) {
	s.tokens++
	s.setToken(from, token)
}

// GiveTokenSource sets the function that returns the token.
func (s *Settings) GiveTokenSource(source func(context.Context) (string, error)) {
	s.tokens++
	s.creds.source = source
}

// GiveTokenFile sets the token file of an option, and reads it.
func (s *Settings) GiveTokenFile(from, name string) {
	s.tokens++
	s.setTokenFile(from, name)
}

func (s *Settings) setToken(from, token string) {
	token = trimToken(token)
	s.creds.source = func(context.Context) (string, error) { return token, nil }
	if err := checkToken(token); err != nil {
		s.Fault("%s: %w", from, err)
	}
	s.creds.redact.addPermanent(token)
}

func (s *Settings) setTokenFile(from, name string) {
	s.creds.file = name
	s.creds.source = readTokenFile(name)
	ctx, cancel := context.WithTimeoutCause(context.Background(), fileTimeout, context.DeadlineExceeded)
	defer cancel()
	if _, err := s.creds.lookup(ctx); err != nil {
		if cause := errors.Unwrap(err); !errors.Is(err, context.DeadlineExceeded) && cause != nil {
			err = withoutPath(cause) // without "token: "
		}
		s.Fault("%s: file %q: %w", from, name, err)
	}
}

// SetRetry sets the retries of an option.
func (s *Settings) SetRetry(policy RetryPolicy) { s.Retry, s.retryGiven = policy, true }

// CheckSpool checks the configuration of the spool. from is the name of the option.
func (s *Settings) CheckSpool(from string) {
	if s.Spool.Bytes.Value < 1 || s.Spool.Age.Value < 1 || s.Spool.ReplayInterval < 0 {
		s.Fault("%s: the size limit, the age limit and the rate must be positive", from)
	}
}

// globalTags prepares the tags that Send adds to each point.
func (s *Settings) globalTags() {
	from, tags := "WithTags", s.Points.Tags
	if len(tags) == 0 {
		from, tags = "APPTUIT_TAGS", s.Points.envTags
	}
	var err error
	if s.Points.global, err = s.Points.tagRules().Layer(model.TagsOf(nil, tags)); err != nil {
		s.Fault("%s: %w", from, err)
	}
}

// loopback reports whether a host is this machine, to which a token can be sent
// unencrypted.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Optional is a setting that an option or a variable can set. Otherwise it has its default.
type Optional[T any] struct {
	Value T
	From  string // the option or variable that has set the value; "" if none has
}

// Set sets the value. from is the name of the option or variable.
func (o *Optional[T]) Set(from string, v T) { o.Value, o.From = v, from }

// Given reports whether an option or variable has set the value.
func (o *Optional[T]) Given() bool { return o.From != "" }

// ByOption reports whether an option has set the value.
func (o *Optional[T]) ByOption() bool { return strings.HasPrefix(o.From, "With") }

// SetDefault sets the value if it was not set before.
func (o *Optional[T]) SetDefault(v T) {
	if !o.Given() {
		o.Value = v
	}
}
