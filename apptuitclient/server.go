// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "github.com/apptuitai/apptuit-go/internal/client"

// Server is a kind of server. Its profile contains the defaults of other options, and the
// answers that the client recognizes. The section "Servers" of the package comment and
// docs/servers.md list the profiles.
type Server uint8

const (
	// ServerApptuit is Apptuit.
	ServerApptuit Server = iota
	// ServerOpenTSDB is OpenTSDB 2.4.
	ServerOpenTSDB
	// ServerVictoriaMetrics is VictoriaMetrics.
	ServerVictoriaMetrics
	// ServerInfluxDB is InfluxDB 1.6.
	ServerInfluxDB
	// ServerGeneric is any server that implements OpenTSDB's put protocol. The client
	// recognizes the answers of all servers.
	ServerGeneric
)

// ParseServer returns the server with the given name: apptuit, opentsdb, victoriametrics,
// influxdb or generic, in upper or lower case.
func ParseServer(name string) (Server, error) {
	s, err := client.ParseServer(name)
	return Server(s), err
}

// String returns the name of the server, as ParseServer accepts it.
func (s Server) String() string { return client.Server(s).String() }

// WithServer sets the kind of the server, which selects a profile. A profile contains the
// defaults of [WithTagValueRule], [WithMaxTags], [WithCompression],
// [WithTimestampResolution], [WithMaxBatchPoints] and [WithMaxBatchBytes], and the messages
// by which the client recognizes partial writes and requests that are too large. These
// options, and their environment variables, override the profile. The default is
// [ServerApptuit] for [DefaultEndpoint], and [ServerGeneric] for any other endpoint.
// WithServer overrides APPTUIT_SERVER.
func WithServer(server Server) Option {
	return optionFunc(func(s *client.Settings) {
		if server > ServerGeneric {
			s.Fault("WithServer: unknown server %d", server)
			return
		}
		s.Server.Set("WithServer", client.Server(server))
	})
}
