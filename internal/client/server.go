// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Server is a kind of server, which has a [Profile].
type Server uint8

// The servers. Generic stands for any server that implements OpenTSDB's put protocol.
const (
	Apptuit Server = iota
	OpenTSDB
	VictoriaMetrics
	InfluxDB
	Generic
)

// String returns the name of the server in options and variables.
func (s Server) String() string {
	if s > Generic {
		return fmt.Sprintf("Server(%d)", uint8(s))
	}
	return [...]string{"apptuit", "opentsdb", "victoriametrics", "influxdb", "generic"}[s]
}

// ParseServer returns the server with a name, in any case.
func ParseServer(name string) (Server, error) {
	for s := range Generic + 1 {
		if strings.EqualFold(name, s.String()) {
			return s, nil
		}
	}
	return Generic, fmt.Errorf("server %q: must be apptuit, opentsdb, victoriametrics, influxdb or generic", name)
}

// Profile describes the differences between servers: the defaults of options, their valid values,
// and the texts of answers.
type Profile struct {
	Server    Server
	TagValues encoding.TagValueRule
	MaxTags   int
	Batch     put.Limits
	// FirstBytes limits the text of the first batches, in bytes. The limit doubles with each
	// batch that passes, up to Batch.Bytes, see sizeLimit. 0 means that there is no
	// such limit.
	FirstBytes int64
	// Compressions are the compressions that the server accepts. The first is the default.
	Compressions []put.Encoding
	// Resolutions are the resolutions of timestamps that the server accepts. The first is the
	// default.
	Resolutions []time.Duration
	// PartialWrites says that a "partial write: … dropped=N" reports N points that were
	// not stored, and that all other points were stored.
	PartialWrites bool
	// TooLarge are phrases by which the server itself calls a request too large, in lower
	// case. The phrases of any HTTP server are in saysTooLarge.
	TooLarge []string
}

// Profiles returns the profiles of all servers, in their order.
func Profiles() []Profile {
	const (
		points = 50_000
		bytes  = 16 << 20 // VictoriaMetrics refuses 32 MiB (-opentsdbhttp.maxInsertRequestSize)
	)
	batch := put.Limits{Points: points, Bytes: bytes}
	all := []put.Encoding{put.Gzip, put.Deflate, put.None}
	seconds := []time.Duration{time.Second, time.Millisecond}
	chunked := []string{"chunked request not supported"}
	tooBig := []string{
		"too big http opentsdb request", "too big data size", "too big decompressed data size",
		"too big request", "too big packed request", "too big unpacked request",
	}
	return []Profile{
		{
			Server: Apptuit, TagValues: encoding.TagValuesAny, MaxTags: encoding.MaxTags,
			Batch: batch, Compressions: all, Resolutions: seconds, TooLarge: chunked,
		},
		{
			Server: OpenTSDB, TagValues: encoding.TagValuesOpenTSDB, MaxTags: 8, // tsd.storage.max_tags
			// Without tsd.http.request.enable_chunked, OpenTSDB refuses bodies above 8,192
			// bytes, which is some 100 KiB of text.
			Batch: batch, FirstBytes: 32 << 10, Compressions: all, Resolutions: seconds, TooLarge: chunked,
		},
		{
			Server: VictoriaMetrics, TagValues: encoding.TagValuesAny, MaxTags: encoding.MaxTags,
			Batch: batch, Compressions: all, Resolutions: []time.Duration{time.Millisecond, time.Second}, TooLarge: tooBig,
		},
		{
			Server: InfluxDB, TagValues: encoding.TagValuesInfluxDB, MaxTags: encoding.MaxTags,
			Batch: batch, Compressions: []put.Encoding{put.Gzip, put.None}, Resolutions: []time.Duration{time.Second}, PartialWrites: true,
		},
		{
			Server: Generic, TagValues: encoding.TagValuesAny, MaxTags: encoding.MaxTags,
			Batch: batch, Compressions: all, Resolutions: seconds, PartialWrites: true,
			TooLarge: slices.Concat(chunked, tooBig),
		},
	}
}

// profile returns the profile of the server.
func (s Server) profile() Profile { return Profiles()[s] }

// Resolutions of timestamps by their names in variables and keys.
const (
	secondsName      = "s"
	millisecondsName = "ms"
)

// ParseResolution returns the resolution of timestamps with a name: s or ms, in any case.
func ParseResolution(name string) (time.Duration, error) {
	switch strings.ToLower(name) {
	case secondsName:
		return time.Second, nil
	case millisecondsName:
		return time.Millisecond, nil
	}
	return 0, fmt.Errorf("timestamp resolution %q: must be s or ms", name)
}

// ResolutionName is the reverse of [ParseResolution].
func ResolutionName(d time.Duration) string {
	if d == time.Millisecond {
		return millisecondsName
	}
	return secondsName
}

// maxMaxTags is the largest limit of tags that can be set. It is also the largest value of
// OpenTSDB's tsd.storage.max_tags.
const maxMaxTags = 127

// parseMaxTags parses a limit of tags.
func parseMaxTags(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || CheckMaxTags(n) != nil {
		return 0, fmt.Errorf("%q must be a number from 1 to %d", text, maxMaxTags)
	}
	return n, nil
}

// CheckMaxTags checks a limit of tags.
func CheckMaxTags(n int) error {
	if n < 1 || n > maxMaxTags {
		return fmt.Errorf("%d must be from 1 to %d", n, maxMaxTags)
	}
	return nil
}

// useProfile sets the settings that neither an option nor a variable has set to the defaults of
// the server's profile, and checks that the server accepts the other settings.
func (s *Settings) useProfile() {
	if !s.Server.Given() {
		s.Server.Value = Generic
		if s.Connection.endpoint.String() == s.DefaultEndpoint {
			s.Server.Value = Apptuit
		}
	}
	profile, p := s.Server.Value.profile(), &s.Points
	s.profile = profile
	p.TagValues.SetDefault(profile.TagValues)
	p.MaxTags.SetDefault(profile.MaxTags)
	p.Compression.SetDefault(profile.Compressions[0])
	p.Resolution.SetDefault(profile.Resolutions[0])
	p.MaxPoints.SetDefault(profile.Batch.Points)
	p.MaxBytes.SetDefault(profile.Batch.Bytes)
	if c := p.Compression.Value; !slices.Contains(profile.Compressions, c) {
		s.Fault("compression %v: the server %v does not accept it (WithCompression, APPTUIT_COMPRESSION, WithServer, APPTUIT_SERVER)", c, profile.Server)
	}
	if d := p.Resolution.Value; !slices.Contains(profile.Resolutions, d) {
		s.Fault("timestamp resolution %s: the server %v misreads it (WithTimestampResolution, APPTUIT_TIMESTAMP_RESOLUTION, WithServer, APPTUIT_SERVER)", ResolutionName(d), profile.Server)
	}
}
