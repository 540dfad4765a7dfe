// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// identity is the server that answers, as far as its answers name it.
type identity struct {
	known   bool
	server  apptuitclient.Server
	version string // empty if the server does not report it
	by      string // the path or text that identifies the server
}

// checkServer reports the server and its version. It sends no point, and has no failures.
func checkServer(ctx context.Context, r *run, f *findings) {
	if err := r.makeQueryClient(ctx); err != nil {
		return // the check read-back or query reports it
	}
	r.behavior.identity = identify(ctx, r)
	id := r.behavior.identity
	switch {
	case !id.known:
		f.ok("not recognized")
	case id.version == "":
		f.ok("%s, by %s; it does not report its version", displayName(id.server), id.by)
	default:
		f.ok("%s %.60s, by %s", displayName(id.server), id.version, id.by)
	}
}

func displayName(s apptuitclient.Server) string {
	switch s {
	case apptuitclient.ServerApptuit:
		return "Apptuit"
	case apptuitclient.ServerOpenTSDB:
		return "OpenTSDB"
	case apptuitclient.ServerVictoriaMetrics:
		return "VictoriaMetrics"
	case apptuitclient.ServerInfluxDB:
		return "InfluxDB"
	default:
		return "another server"
	}
}

// identify asks the endpoint for points, and then the endpoint for queries, because VictoriaMetrics
// and InfluxDB do not report their versions at their ports for points.
func identify(ctx context.Context, r *run) identity {
	standard, err := url.Parse(apptuitclient.DefaultEndpoint)
	if err == nil && r.endpoint.Host == standard.Host {
		return identity{known: true, server: apptuitclient.ServerApptuit, by: "its address"}
	}
	id := identifyPut(ctx, r)
	if id.version != "" {
		return id
	}
	for _, ask := range []func(context.Context, *run) identity{identifyVictoriaMetrics, identifyInfluxDB} {
		if other := ask(ctx, r); other.known && (!id.known || other.server == id.server) {
			return other
		}
	}
	return id
}

// identifyPut asks the endpoint for points.
func identifyPut(ctx context.Context, r *run) identity {
	const path = "/api/version"
	var version struct {
		Version  string `json:"version"`
		Revision string `json:"short_revision"`
	}
	err := get(ctx, r.client, path, func(r io.Reader) error { return json.NewDecoder(r).Decode(&version) })
	var status *apptuitclient.StatusError
	errors.As(err, &status)
	switch {
	case err == nil && version.Version == "BuildData" && version.Revision != "": // OpenTSDB 2.4.1 of Maven Central
		return identity{true, apptuitclient.ServerOpenTSDB, "of revision " + version.Revision, path}
	case err == nil && version.Version != "" && version.Revision != "":
		return identity{true, apptuitclient.ServerOpenTSDB, version.Version, path}
	case status != nil && strings.Contains(status.Message, "HTTP OpenTSDB server"):
		return identity{known: true, server: apptuitclient.ServerVictoriaMetrics, by: "the text of an error"}
	case status == nil || status.StatusCode != http.StatusNotFound:
		return identity{}
	}
	// InfluxDB's OpenTSDB service answers this path. Other servers do not answer 204 to it.
	const metadata = "/api/metadata/put"
	err = get(ctx, r.client, metadata, func(io.Reader) error { return nil })
	if errors.As(err, &status) && status.StatusCode == http.StatusNoContent {
		return identity{known: true, server: apptuitclient.ServerInfluxDB, by: metadata}
	}
	return identity{}
}

// versionMetric is the line of /metrics with VictoriaMetrics' version. The version is empty if the
// program was built without one, like Debian's package.
var versionMetric = regexp.MustCompile(`^vm_app_version\{version="([^"]*)", short_version="([^"]*)"\}`)

func identifyVictoriaMetrics(ctx context.Context, r *run) (id identity) {
	const path = "/metrics"
	_ = get(ctx, r.queryClient, path, func(r io.Reader) error { // an error means that this is another server
		for s := bufio.NewScanner(r); s.Scan(); {
			if m := versionMetric.FindStringSubmatch(s.Text()); m != nil {
				version := m[2]
				if version == "" {
					version = m[1]
				}
				id = identity{true, apptuitclient.ServerVictoriaMetrics, version, path}
				return nil
			}
		}
		return nil
	})
	return id
}

func identifyInfluxDB(ctx context.Context, r *run) identity {
	const path = "/ping"
	_ = get(ctx, r.queryClient, path, func(io.Reader) error { return nil }) // only the header of the answer, which is 204, is needed
	last, _ := r.recorder.seen()
	if last == nil || last.header.Get("X-Influxdb-Version") == "" {
		return identity{}
	}
	return identity{true, apptuitclient.ServerInfluxDB, last.header.Get("X-Influxdb-Version"), path}
}

// get requests a path of the client's server, and calls decode with the body of the answer.
func get(ctx context.Context, c *apptuitclient.Client, path string, decode func(io.Reader) error) error {
	const limit, wait = 8 << 20, 2 * time.Second
	path, query, _ := strings.Cut(path, "?")
	return client.Of(c).Read(ctx, client.Question{Path: path, Query: query, Timeout: wait, MaxBytes: limit}, decode)
}
