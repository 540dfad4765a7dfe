// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

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

// DefaultEndpoint is where points go unless WithEndpoint or APPTUIT_ENDPOINT say
// otherwise.
const DefaultEndpoint = "https://api.apptuit.ai"

type config struct {
	endpoint       *url.URL // nil until set
	creds          *credentials
	tokenOptions   int
	tags           map[string]string
	envTags        map[string]string
	noEnvTags      bool
	noEnv          bool
	mode           encoding.SanitizeMode
	modeSet        bool
	compression    Compression
	compressionSet bool
	timeout        time.Duration
	timeoutSet     bool
	retry          RetryConfig
	sync           time.Duration
	headers        map[string]string
	httpClient     *http.Client // as given
	tls            *tls.Config
	proxy          func(*http.Request) (*url.URL, error)
	limits         put.Limits
	milliseconds   bool
	encodedNames   bool
	inFlight       int
	warn           func(error)
	spool          *spoolConfig // nil without one
	noSpool        bool

	// What follows from the options.
	client    *http.Client // that requests are made with
	ownClient bool         // its connections are ours to close
	global    []model.Tag  // of Send: sanitized, sorted

	faults []error
}

// newConfig applies the options over the environment over the defaults. Its
// error is all that is wrong.
func newConfig(opts []Option) (*config, error) {
	c := &config{
		creds:   newCredentials(),
		timeout: 60 * time.Second,
		retry:   RetryConfig{Enabled: true, MaxElapsedTime: time.Minute},
		limits:  put.Limits{Points: 50_000, Bytes: 16 << 20}, inFlight: 2,
		warn: otel.Handle,
	}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if c.tokenOptions > 1 {
		c.fault("WithToken, WithTokenSource and WithTokenFile: give one of them")
	}
	c.checkHeaders()
	if !c.noEnv {
		c.environment()
	}
	if c.retry.InitialInterval == 0 {
		c.retry.InitialInterval = time.Second
	}
	if c.retry.MaxInterval == 0 {
		c.retry.MaxInterval = max(30*time.Second, c.retry.InitialInterval)
	}
	if c.endpoint == nil {
		c.setEndpoint("default endpoint", DefaultEndpoint)
	}
	custom := c.endpoint.String() != DefaultEndpoint
	authorized := c.creds.source != nil || c.authorizationHeader()
	switch {
	case authorized || c.tokenOptions > 0:
	case c.creds.user != "":
		c.fault("a token is needed with a user id: WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE")
	case !custom:
		c.fault("a token is needed for %s: WithToken, APPTUIT_API_TOKEN or APPTUIT_API_TOKEN_FILE", DefaultEndpoint)
	}
	if c.noSpool && c.spool != nil {
		c.fault("WithSpool and WithoutSpool: give one of them")
	}
	c.globalTags()
	c.setClient()
	if len(c.faults) > 0 {
		return nil, fmt.Errorf("apptuit: configuration: %w", errors.Join(c.faults...))
	}
	if authorized && c.endpoint.Scheme == "http" && !loopback(c.endpoint.Hostname()) {
		notify.Call(c.warn, fmt.Errorf("apptuit: the token goes to %s without encryption: use https", c.endpoint.Host))
	}
	return c, nil
}

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

func (c *config) setUser(from, user string) {
	if strings.Contains(user, ":") {
		c.fault("%s: a user id cannot contain a colon", from)
	}
	c.creds.user = user
}

func (c *config) setToken(from, token string) {
	token = trimToken(token)
	c.creds.source = func(context.Context) (string, error) { return token, nil }
	if err := checkToken(token); err != nil {
		c.fault("%s: the token %w", from, err)
	}
	c.creds.redact.keep(token)
}

func (c *config) setTokenFile(from, name string) {
	c.creds.file = name
	c.creds.source = readTokenFile(name)
	ctx, cancel := context.WithTimeoutCause(context.Background(), tokenFileTimeout, context.DeadlineExceeded)
	defer cancel()
	if _, err := c.creds.lookup(ctx); err != nil {
		c.fault("%s: file %q: %w", from, name, err)
	}
}

func (c *config) setEndpoint(from, endpoint string) {
	// The text is not quoted, nor is the error of url.Parse, which quotes it: it
	// may have a secret in it.
	u, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil {
		c.endpoint = new(url.URL)
		c.fault("%s: not a URL: it must look like https://host:port", from)
		return
	}
	switch {
	case u.User != nil:
		c.fault("%s: user information does not belong into the URL: give user id and token on their own", from)
	case u.Scheme != "http" && u.Scheme != "https":
		c.fault("%s: the scheme must be http or https, as in https://host:port", from)
	case u.Host == "" || u.Hostname() == "":
		c.fault("%s: the host is missing", from)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.fault("%s: a query or fragment does not belong into the URL", from)
	default:
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	}
	c.endpoint = u
}

func (c *config) checkHeaders() {
	canonical := make(map[string]string, len(c.headers))
	for _, k := range slices.Sorted(maps.Keys(c.headers)) {
		v, key := c.headers[k], http.CanonicalHeaderKey(k)
		if _, double := canonical[key]; double {
			c.fault("WithHeaders: %s is given twice", key)
		}
		canonical[key] = v
		switch {
		case !validHeader(k, v):
			c.fault("WithHeaders: %q is not a valid header", k)
		case strings.HasPrefix(key, "Content-") || key == "User-Agent" || key == "Host" || key == "Transfer-Encoding":
			c.fault("WithHeaders: %s is set by the client", key)
		case key == "Authorization" && (c.tokenOptions > 0 || c.creds.user != ""):
			c.fault("WithHeaders: Authorization and a token or user id: give one of them")
		}
		c.creds.redact.keepHeader(v)
	}
	c.headers = canonical
}

// authorizationHeader reports whether the Authorization is among the headers.
func (c *config) authorizationHeader() bool {
	_, ok := c.headers["Authorization"]
	return ok
}

// globalTags makes the layer of tags that is under those of Send.
func (c *config) globalTags() {
	from, tags := "WithTags", c.tags
	if len(tags) == 0 {
		from, tags = "APPTUIT_TAGS", c.envTags
	}
	var err error
	if c.global, err = model.SanitizeTags(c.mode, model.TagsOf(nil, tags)); err != nil {
		c.fault("%s: %w", from, err)
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
