// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Settings are the configuration of a client. Options set them, then New fills the
// rest from the environment and the defaults, and reports every fault at once.
type Settings struct {
	Errors  ErrorTypes
	Version string // of this module, for the User-Agent

	DefaultEndpoint string // the server, if neither an option nor a variable names one

	Connection ConnectionSettings
	Points     PointSettings
	Retry      Retry
	Warn       func(error)
	Spool      *SpoolSettings // nil without one

	Ignore struct { // of the environment
		All, Tags, Spool bool
	}

	machine Machine

	creds  *credentials
	tokens int // options that give a token
	faults []error
}

// ConnectionSettings are those of requests.
type ConnectionSettings struct {
	Headers    map[string]string
	Timeout    time.Duration // 0 until it is set
	Sync       time.Duration
	HTTPClient *http.Client // as given
	TLS        *tls.Config
	Proxy      func(*http.Request) (*url.URL, error)

	endpoint *url.URL     // nil until it is set
	http     *http.Client // that requests are made with
	ownHTTP  bool         // its connections are ours to close
}

// PointSettings are those of points and batches.
type PointSettings struct {
	Tags         map[string]string
	Mode         Optional[encoding.SanitizeMode]
	Compression  Optional[put.Encoding]
	Batch        put.Limits
	InFlight     int
	Milliseconds bool
	EncodedNames bool

	envTags map[string]string
	global  []model.Tag // of Send: sanitized, sorted
}

// Optional is a setting that may not have been made.
type Optional[T any] struct {
	Value T
	Given bool
}

// Set makes a setting.
func (o *Optional[T]) Set(v T) { o.Value, o.Given = v, true }

// Retry says whether and how long a batch is tried again. Its fields are those of
// apptuitclient.RetryConfig.
type Retry struct {
	Enabled         bool
	InitialInterval time.Duration
	MaxInterval     time.Duration
	MaxElapsedTime  time.Duration
}

// SpoolSettings are the configuration of a spool.
type SpoolSettings struct {
	Dir       string
	Bytes     int64
	Age       time.Duration
	Pause     time.Duration // between two requests of the replay
	Instances bool

	later bool // is opened by the first Send, not by New
}

// NewSpoolSettings returns the defaults of a spool.
func NewSpoolSettings(dir string) *SpoolSettings {
	return &SpoolSettings{Dir: dir, Bytes: 512 << 20, Age: 24 * time.Hour, Pause: 100 * time.Millisecond}
}

// NewSettings returns the defaults.
func NewSettings() *Settings {
	return &Settings{
		Points: PointSettings{Batch: put.Limits{Points: 50_000, Bytes: 16 << 20}, InFlight: 2},
		Retry:  Retry{Enabled: true, MaxElapsedTime: time.Minute},
		Warn:   otel.Handle,
		creds:  newCredentials(),
	}
}

// complete reads the environment, fills in the rest, and checks everything. Its error
// names all faults.
func (s *Settings) complete() error {
	if s.tokens > 1 {
		s.Fault("WithToken, WithTokenSource and WithTokenFile: give one of them")
	}
	s.checkHeaders()
	if !s.Ignore.All {
		s.environment()
	}
	s.defaults()
	authorized := s.creds.source != nil || s.authorizationHeader()
	switch {
	case authorized || s.tokens > 0:
	case s.creds.user != "":
		s.Fault("a token is needed with a user id: WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE")
	case s.Connection.endpoint.String() == s.DefaultEndpoint:
		s.Fault("a token is needed for %s: WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE", s.DefaultEndpoint)
	}
	if s.Ignore.Spool && s.Spool != nil {
		s.Fault("WithSpool and WithoutSpool: give one of them")
	}
	s.globalTags()
	s.setClient()
	if len(s.faults) > 0 {
		return fmt.Errorf("apptuit: configuration: %w", errors.Join(s.faults...))
	}
	if authorized && s.Connection.endpoint.Scheme == "http" && !loopback(s.Connection.endpoint.Hostname()) {
		notify.Call(s.Warn, fmt.Errorf("apptuit: the token goes to %s without encryption: use https", s.Connection.endpoint.Host))
	}
	return nil
}

func (s *Settings) defaults() {
	if s.Connection.Timeout == 0 {
		s.Connection.Timeout = 60 * time.Second
	}
	if s.Retry.InitialInterval == 0 {
		s.Retry.InitialInterval = time.Second
	}
	if s.Retry.MaxInterval == 0 {
		s.Retry.MaxInterval = max(30*time.Second, s.Retry.InitialInterval)
	}
	if s.Connection.endpoint == nil {
		s.SetEndpoint("default endpoint", s.DefaultEndpoint)
	}
}

// Fault adds a fault of the configuration.
func (s *Settings) Fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// SetUser sets the user of Basic authentication. From names the option or variable.
func (s *Settings) SetUser(from, user string) {
	if strings.Contains(user, ":") {
		s.Fault("%s: a user id cannot contain a colon", from)
	}
	s.creds.user = user
}

// GiveToken sets the token by an option.
func (s *Settings) GiveToken(from, token string) {
	s.tokens++
	s.setToken(from, token)
}

// GiveTokenSource sets a function that returns the token.
func (s *Settings) GiveTokenSource(source func(context.Context) (string, error)) {
	s.tokens++
	s.creds.source = source
}

// GiveTokenFile sets the file of the token by an option.
func (s *Settings) GiveTokenFile(from, name string) {
	s.tokens++
	s.setTokenFile(from, name)
}

func (s *Settings) setToken(from, token string) {
	token = trimToken(token)
	s.creds.source = func(context.Context) (string, error) { return token, nil }
	if err := checkToken(token); err != nil {
		s.Fault("%s: the token %w", from, err)
	}
	s.creds.redact.keep(token)
}

func (s *Settings) setTokenFile(from, name string) {
	s.creds.file = name
	s.creds.source = readTokenFile(name)
	ctx, cancel := context.WithTimeoutCause(context.Background(), tokenFileTimeout, context.DeadlineExceeded)
	defer cancel()
	if _, err := s.creds.lookup(ctx); err != nil {
		s.Fault("%s: file %q: %w", from, name, err)
	}
}

// SetEndpoint sets the base URL of the server. From names the option or variable.
func (s *Settings) SetEndpoint(from, endpoint string) {
	// The text is not quoted, nor is the error of url.Parse, which quotes it: it
	// may have a secret in it.
	u, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil {
		s.Connection.endpoint = new(url.URL)
		s.Fault("%s: not a URL: it must look like https://host:port", from)
		return
	}
	switch {
	case u.User != nil:
		s.Fault("%s: user information does not belong into the URL: give user id and token on their own", from)
	case u.Scheme != "http" && u.Scheme != "https":
		s.Fault("%s: the scheme must be http or https, as in https://host:port", from)
	case u.Host == "" || u.Hostname() == "":
		s.Fault("%s: the host is missing", from)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		s.Fault("%s: a query or fragment does not belong into the URL", from)
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	}
	s.Connection.endpoint = u
}

// CheckSpool checks the settings of a spool. From names the option or variable.
func (s *Settings) CheckSpool(from string) {
	if s.Spool.Bytes < 1 || s.Spool.Age < 1 || s.Spool.Pause < 0 {
		s.Fault("%s: bytes, age and rate must be positive", from)
	}
}

func (s *Settings) checkHeaders() {
	canonical := make(map[string]string, len(s.Connection.Headers))
	for _, k := range slices.Sorted(maps.Keys(s.Connection.Headers)) {
		v, key := s.Connection.Headers[k], http.CanonicalHeaderKey(k)
		if _, double := canonical[key]; double {
			s.Fault("WithHeaders: %s is given twice", key)
		}
		canonical[key] = v
		switch {
		case !validHeader(k, v):
			s.Fault("WithHeaders: %q is not a valid header", k)
		case strings.HasPrefix(key, "Content-") || key == "User-Agent" || key == "Host" || key == "Transfer-Encoding":
			s.Fault("WithHeaders: %s is set by the client", key)
		case key == "Authorization" && (s.tokens > 0 || s.creds.user != ""):
			s.Fault("WithHeaders: Authorization and a token or user id: give one of them")
		}
		s.creds.redact.keepHeader(v)
	}
	s.Connection.Headers = canonical
}

// authorizationHeader reports whether the Authorization is among the headers.
func (s *Settings) authorizationHeader() bool {
	_, ok := s.Connection.Headers["Authorization"]
	return ok
}

// globalTags makes the layer of tags that is under those of Send.
func (s *Settings) globalTags() {
	from, tags := "WithTags", s.Points.Tags
	if len(tags) == 0 {
		from, tags = "APPTUIT_TAGS", s.Points.envTags
	}
	var err error
	if s.Points.global, err = model.SanitizeTags(s.Points.Mode.Value, model.TagsOf(nil, tags)); err != nil {
		s.Fault("%s: %w", from, err)
	}
}

// validHeader judges a header as RFC 9110, sections 5.1 and 5.5, does.
func validHeader(name, value string) bool {
	for _, r := range name {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return false
		}
	}
	for i := range len(value) {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return name != ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
