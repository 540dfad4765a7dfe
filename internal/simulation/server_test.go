// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reaction is the behaviour of the server for a request.
type reaction uint8

const (
	stores reaction = iota // stores all points, and answers 204
	storesWithDetails
	storesWithoutBody // 200
	refusesSome       // answers 400, with the refused points
	refusesSomeWith200
	refusesUnnamed
	throttlesSome
	partialWrite
	refusesAll // 400 with a reason
	tooLarge   // 413 for requests with many points
	tooLargeInWords
	tooLargeCutOff
	tooLargeBadGateway
	unauthorized
	forbidden
	notFound
	tooMany
	unavailable
	unavailableFor
	internalError
	badGateway
	notImplemented
	redirects
	misdirected
	page
	garbage
	zippedGarbage
	wrongCounts
	echoesSecrets
	breaksBefore
	breaksAfter
	storesAndBreaks
	hangs
	storesAndHangs
	storesSlowly
	storesAndTruncates
	storesAndFails
	storesAndCloses
	reactions // the number of reactions
)

// wire is a point of a request.
type wire struct {
	Metric    string            `json:"metric"`
	Tags      map[string]string `json:"tags"`
	Timestamp int64             `json:"timestamp"`
	Value     json.Number       `json:"value"`
}

func (w wire) key() string {
	id := w.Tags["id"]
	if id == "" {
		id = w.Value.String()
	}
	return w.Metric + "|" + w.Tags["le"] + "|" + id
}

// own reports whether a point is one of the exporter's own metrics.
func (w wire) own() bool { return strings.HasPrefix(w.Metric, "apptuit_reporter_") }

// server is an ingest server that is connected by pipes in memory.
type server struct {
	ledger *ledger
	config *config

	mu       sync.Mutex
	random   *rand.Rand
	react    reaction
	left     int // number of requests for which react applies
	refuse   bool
	tokens   []string // tokens that are accepted
	conns    map[net.Conn]bool
	idle     map[net.Conn]bool
	requests int
}

// answer is an answer of the server, and its effect.
type answer struct {
	status  int
	header  string
	body    string
	decides func(i int) bool // reports whether the answer permanently stores or refuses point i; nil if it does so for no point
}

func (s *server) set(r reaction, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.react, s.left = r, count
}

func (s *server) refuseConnections(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *server) accept(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens
}

// closeIdle closes the connections without a request in progress.
func (s *server) closeIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.idle {
		_ = conn.Close()
	}
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// note records whether a connection is open and idle.
func (s *server) note(conn net.Conn, open, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	delete(s.idle, conn)
	if open {
		s.conns[conn] = true
	}
	if idle {
		s.idle[conn] = true
	}
}

// serve serves a connection.
func (s *server) serve(conn net.Conn) {
	defer s.note(conn, false, false)
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		s.note(conn, true, true)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		s.note(conn, true, false)
		if !s.handle(conn, r) {
			return
		}
	}
}

// next returns the reaction to the next request, and a random number.
func (s *server) next() (reaction, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	draw := s.random.IntN(1 << 20)
	if s.left == 0 {
		return stores, draw
	}
	s.left--
	return s.react, draw
}

func (s *server) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user, password, basic := r.BasicAuth(); basic {
		token, ok = password, user == s.config.user
	}
	if s.config.user != "" && !strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok && slices.Contains(s.tokens, token)
}

// handle serves one request, and reports whether the connection stays open.
func (s *server) handle(conn net.Conn, r *http.Request) bool {
	began := time.Now()
	react, draw := s.next()
	if react == breaksBefore {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	raw, lines := s.decode(r, body)
	if lines == nil {
		return false
	}
	switch react {
	case breaksAfter:
		return false
	case storesAndBreaks:
		s.store(lines)
		return false
	case hangs, storesAndHangs:
		if react == storesAndHangs {
			s.store(lines)
		}
		_, _ = io.Copy(io.Discard, conn) // until the client closes the connection
		return false
	case storesSlowly:
		time.Sleep(time.Duration(1+draw%20_000) * time.Millisecond)
	case tooLargeCutOff:
		if len(lines) > 2 {
			return false
		}
	}
	if !s.authorized(r) {
		react = unauthorized
	}
	a := s.answer(react, draw, r, raw, lines)
	text := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s\r\n%s", a.status, http.StatusText(a.status), len(a.body), a.header, a.body)
	if a.status == http.StatusNoContent {
		text = "HTTP/1.1 204 No Content\r\n\r\n"
	}
	if react == storesAndTruncates {
		_, _ = io.WriteString(conn, text[:len(text)-5])
		return false
	}
	_, err = io.WriteString(conn, text)
	if err == nil && a.decides != nil && time.Now().Equal(began) {
		s.each(lines, func(i int, p *point) { p.confirmed = p.confirmed || a.decides(i) })
	}
	return err == nil && react != storesAndCloses
}

// decode reads the points of a request, and checks its form.
func (s *server) decode(r *http.Request, body []byte) ([]json.RawMessage, []wire) {
	fault := func(format string, args ...any) ([]json.RawMessage, []wire) {
		s.ledger.fail("request", format, args...)
		return nil, nil
	}
	if r.Method != http.MethodPost || r.URL.Path != "/api/put" || !r.URL.Query().Has("details") || r.Header.Get("Content-Type") != "application/json" ||
		r.ContentLength != int64(len(body)) || len(r.TransferEncoding) > 0 || r.Header.Get("X-Secret") != headerSecret ||
		!strings.HasPrefix(r.UserAgent(), "apptuit-go/") {
		return fault("%s %s %v, body of %d bytes", r.Method, r.URL, r.Header, len(body))
	}
	var in io.Reader = bytes.NewReader(body)
	var err error
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "gzip":
		in, err = gzip.NewReader(in)
	case "deflate":
		in, err = zlib.NewReader(in)
	case "":
	default:
		return fault("encoding %q", encoding)
	}
	if err != nil {
		return fault("encoding: %v", err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return fault("encoding: %v", err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || len(raw) == 0 {
		return fault("JSON %q: %v", text, err)
	}
	lines := make([]wire, len(raw))
	for i := range raw {
		if err := json.Unmarshal(raw[i], &lines[i]); err != nil {
			return fault("JSON: %v", err)
		}
	}
	if !s.recognise(lines) {
		return nil, nil
	}
	return raw, lines
}

// recognise checks that each point was sent, and that it may arrive now.
func (s *server) recognise(lines []wire) bool {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	seen := map[string]bool{}
	for _, w := range lines {
		if w.own() {
			continue
		}
		key := w.key()
		p := s.ledger.points[key]
		switch {
		case p == nil:
			s.ledger.failLocked("content", "%+v arrived, but was not sent", w)
			return false
		case seen[key]:
			s.ledger.failLocked("content", "%+v is in a request twice", w)
		case p.confirmed && s.config.calm:
			s.ledger.failLocked("duplicate", "%+v arrived again, although the client had received the answer that it was stored or refused", w)
		}
		seen[key] = true
		s.ledger.arriveLocked(p, w)
	}
	return true
}

// each calls a function with each point of lines that the ledger has, that is, except the
// exporter's own metrics.
func (s *server) each(lines []wire, do func(i int, p *point)) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for i := range lines {
		if p := s.ledger.points[lines[i].key()]; p != nil {
			do(i, p)
		}
	}
}

func (s *server) store(lines []wire) { s.each(lines, func(_ int, p *point) { p.stored++ }) }

// all is the function answer.decides of an answer about all points.
func all(int) bool { return true }

// deny records points whose request was refused for a reason other than its points.
func (s *server) deny(lines []wire) { s.each(lines, func(_ int, p *point) { p.denied = true }) }

// answer returns the answer of a reaction, and stores or refuses the points accordingly.
func (s *server) answer(react reaction, draw int, r *http.Request, raw []json.RawMessage, lines []wire) answer {
	n := len(lines)
	asked := ""
	if draw%2 == 0 {
		asked = fmt.Sprintf("Retry-After: %d\r\n", draw%45)
	}
	switch react {
	case refusesSome, refusesSomeWith200, refusesUnnamed, throttlesSome:
		return s.decideSome(react, draw, raw, lines)
	case partialWrite:
		counted := slices.ContainsFunc(lines, func(w wire) bool { return !w.own() })
		if !counted {
			break
		}
		dropped := 0
		s.each(lines, func(i int, p *point) {
			if dropped <= draw%n {
				dropped++
				p.refused = true
			} else {
				p.stored++
			}
		})
		return answer{status: 500, decides: all, body: fmt.Sprintf(`{"error":"partial write: points beyond retention policy dropped=%d"}`, dropped)}
	case refusesAll:
		s.each(lines, func(_ int, p *point) { p.refused = true })
		return answer{status: 400, decides: all, body: "unable to parse the value of the first point"}
	case tooLarge, tooLargeInWords, tooLargeBadGateway:
		if n <= 1+draw%3 {
			if n > 1 || draw%4 > 0 {
				break
			}
			if react != tooLargeBadGateway {
				s.each(lines, func(_ int, p *point) { p.refused = true }) // the client may give up a single point
			}
		}
		return map[reaction]answer{
			tooLarge: {status: 413}, tooLargeInWords: {status: 400, body: "Chunked request not supported."}, tooLargeBadGateway: {status: 502},
		}[react]
	case storesAndFails:
		s.store(lines)
		return answer{status: []int{500, 502, 503, 504}[draw%4]}
	case storesWithDetails, storesAndTruncates:
		s.store(lines)
		return answer{status: 200, decides: all, body: fmt.Sprintf(`{"success":%d,"failed":0,"errors":[]}`, n)}
	case storesWithoutBody:
		s.store(lines)
		return answer{status: 200, decides: all}
	case tooMany:
		return answer{status: 429, header: asked}
	case unavailableFor:
		return answer{status: 503, header: asked}
	case unavailable:
		return answer{status: 503}
	case internalError:
		return answer{status: 500, body: "java.lang.NullPointerException"}
	case badGateway:
		return answer{status: 502}
	case misdirected:
		return answer{status: 421}
	case echoesSecrets:
		s.deny(lines)
		return answer{
			status: []int{401, 404, 500}[draw%3], header: "WWW-Authenticate: " + r.Header.Get("Authorization") + "\r\n",
			body: "refused: " + r.Header.Get("Authorization") + " and " + r.Header.Get("X-Secret"),
		}
	}
	if a, ok := wrongEndpoint[react]; ok {
		s.deny(lines)
		return a
	}
	s.store(lines)
	return answer{status: http.StatusNoContent, decides: all}
}

// wrongEndpoint has the answers of a wrong endpoint or token. They say nothing about the points, and
// waiting does not help.
var wrongEndpoint = map[reaction]answer{
	unauthorized:   {status: 401},
	forbidden:      {status: 403},
	notFound:       {status: 404, body: "<html>not found</html>"},
	notImplemented: {status: 501},
	redirects:      {status: 302, header: "Location: https://login.example/\r\n"},
	page:           {status: 200, body: "<html><title>Log in</title></html>"},
	garbage:        {status: 200, body: `{"success":"all`},
	zippedGarbage:  {status: 200, header: "Content-Encoding: gzip\r\n", body: "\x1f\x8b\x08\x00 this is not gzip"},
	wrongCounts:    {status: 200, body: `{"success":100000,"failed":3}`},
}

// decideSome stores some points of a request and refuses others, and returns the answer.
func (s *server) decideSome(react reaction, draw int, raw []json.RawMessage, lines []wire) answer {
	failed := 0
	var errs []string
	reason := "Unknown tag"
	if react == throttlesSome {
		reason = "Please throttle"
	}
	bad := func(i int) bool { return (i+draw)%(2+draw%3) == 0 && !lines[i].own() }
	s.each(lines, func(i int, p *point) {
		switch {
		case !bad(i):
			p.stored++
		case react != throttlesSome:
			p.refused = true
		}
	})
	for i := range lines {
		if bad(i) {
			failed++
			errs = append(errs, fmt.Sprintf(`{"datapoint":%s,"error":%s}`, raw[i], strconv.Quote(reason)))
		}
	}
	if react == refusesUnnamed {
		errs = nil
	}
	status := 400
	if react == refusesSomeWith200 {
		status = 200
	}
	if failed == 0 {
		return answer{status: 204, decides: all}
	}
	return answer{
		status: status, decides: func(i int) bool { return react != throttlesSome || !bad(i) },
		body: fmt.Sprintf(`{"success":%d,"failed":%d,"errors":[%s]}`, len(lines)-failed, failed, strings.Join(errs, ",")),
	}
}
