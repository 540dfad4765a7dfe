// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package peer has the exporters that are measured beside each other, behind one
// interface, each with the options that its own documentation recommends.
package peer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Target is where exporters send to.
type Target struct {
	URL  string // http://host:port, for all protocols
	Host string // host:port of it
	// Scrape has the target ask for metrics at a URL.
	Scrape func(ctx context.Context, url, accept string) error
}

// Exporter sends collections. Each is in use by one goroutine.
type Exporter interface {
	// Export returns when the target has got the collection.
	Export(ctx context.Context, rm *metricdata.ResourceMetrics) error
	// Shutdown ends what the exporter has started.
	Shutdown(ctx context.Context) error
}

// Peer is a kind of exporter.
type Peer struct {
	Name string
	// Delta says whether it takes delta temporality.
	Delta bool
	// Variant marks one that is measured only if it is asked for by name.
	Variant bool
	// Points returns how many points of its own a collection is for it.
	Points func(rm *metricdata.ResourceMetrics) int
	// New returns an exporter that has not sent anything.
	New func(ctx context.Context, target Target) (Exporter, error)
}

// The names of the peers.
const (
	Apptuit        = "apptuit-go"
	apptuitNoSelf  = "apptuit-go without self metrics"
	apptuitLarge   = "apptuit-go with a large cache"
	OTLPHTTPGzip   = "otlpmetrichttp gzip"
	OTLPHTTP       = "otlpmetrichttp"
	OTLPGRPCGzip   = "otlpmetricgrpc gzip"
	Prometheus     = "Prometheus scrape gzip"
	RemoteWrite    = "remote write snappy"
	Telegraf       = "encoding/json gzip"
	timeoutSeconds = 120
)

// All returns the peers, ours first and then the one that others are compared
// with.
func All() []Peer {
	return []Peer{
		{Name: Apptuit, Delta: true, Points: wirePoints, New: newApptuit},
		{Name: OTLPHTTPGzip, Delta: true, Points: dataPoints, New: newOTLPHTTPGzip},
		{Name: OTLPHTTP, Delta: true, Points: dataPoints, New: newOTLPHTTP},
		{Name: OTLPGRPCGzip, Delta: true, Points: dataPoints, New: newOTLPGRPC},
		{Name: Prometheus, Points: dataPoints, New: newPrometheus},
		{Name: RemoteWrite, Points: samples, New: newRemoteWrite},
		{Name: Telegraf, Delta: true, Points: wirePoints, New: newTelegraf},
		{Name: apptuitNoSelf, Delta: true, Variant: true, Points: wirePoints, New: newApptuitNoSelf},
		{Name: apptuitLarge, Delta: true, Variant: true, Points: wirePoints, New: newApptuitLarge},
	}
}

// poster posts bodies.
type poster struct {
	client *http.Client
	url    string
	header http.Header
}

func newPoster(url string, header http.Header) poster {
	return poster{&http.Client{Transport: &http.Transport{WriteBufferSize: 64 << 10}}, url, header}
}

func (p *poster) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = p.header
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return err
}

// Shutdown closes the connections.
func (p *poster) Shutdown(context.Context) error {
	p.client.CloseIdleConnections()
	return nil
}
