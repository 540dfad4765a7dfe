// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// storedTime bounds the time from the acceptance of a point until a query finds it.
const storedTime = 20 * time.Second

func newClient(t *testing.T, o *opentsdb.OpenTSDB, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	retry := apptuitclient.RetryConfig{Enabled: true, InitialInterval: 50 * time.Millisecond, MaxInterval: 200 * time.Millisecond}
	c, err := apptuitclient.New(append([]apptuitclient.Option{apptuitclient.WithEndpoint(o.Endpoint()), apptuitclient.WithRetry(retry)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the client: %v", err)
		}
	})
	return c
}

func newExporter(t *testing.T, endpoint string, opts ...exporter.Option) *exporter.Exporter {
	t.Helper()
	e, err := exporter.New(t.Context(), append([]exporter.Option{exporter.WithEndpoint(endpoint), exporter.WithoutSelfMetrics()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// quiet discards the client's warnings.
func quiet() apptuitclient.Option { return apptuitclient.WithWarningHandler(func(error) {}) }

// within returns a context that ends after a duration.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// stores fails the test unless OpenTSDB has, within storedTime, exactly these points of the metrics that
// begin with a prefix.
func stores(t *testing.T, o *opentsdb.OpenTSDB, prefix string, want []servers.Point) {
	t.Helper()
	for deadline := time.Now().Add(storedTime); ; time.Sleep(50 * time.Millisecond) {
		diff := servers.Diff(want, o.Points(t, prefix), 0)
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("in OpenTSDB: %s", diff)
		}
	}
}

// refused returns the reasons why points were not accepted, sorted, in the form "metric{key=value}:
// reason". It fails the test unless all other points of the n were accepted.
func refused(t *testing.T, err error, n int) []string {
	t.Helper()
	var failed *apptuitclient.SendError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a SendError", err)
	}
	if failed.Failed != len(failed.Errors) || failed.Successful+failed.Failed != n {
		t.Errorf("%d points accepted and %d failed, of which %d have a reason, want %d in all", failed.Successful, failed.Failed, len(failed.Errors), n)
	}
	reasons := make([]string, 0, len(failed.Errors))
	for _, e := range failed.Errors {
		p := servers.Point{Metric: e.Point.Metric, Tags: e.Point.Tags}
		reasons = append(reasons, p.Series()+": "+e.Reason)
	}
	slices.Sort(reasons)
	return reasons
}

// wire records the results of a client's requests.
type wire struct {
	mu       sync.Mutex
	outcomes []string // a status, or "closed" for a connection that was
}

func (w *wire) client() apptuitclient.Option {
	return apptuitclient.WithHTTPClient(&http.Client{Transport: w})
}

// RoundTrip sends a request by the default transport.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	outcome := "closed"
	if err == nil {
		outcome = fmt.Sprint(response.StatusCode)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes = append(w.outcomes, outcome)
	return response, err
}

// take returns the number of requests by result, and resets the numbers.
func (w *wire) take() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[string]int{}
	for _, o := range w.outcomes {
		counts[o]++
	}
	w.outcomes = nil
	return counts
}

// tagged returns a point with n tags.
func tagged(metric string, n int, at time.Time) apptuitclient.DataPoint {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("key%02d", i)] = "v"
	}
	return apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: at, Value: 1}
}

// line returns a point as JSON. tags are the members of its object of tags.
func line(metric string, at time.Time, value any, tags string) string {
	return fmt.Sprintf(`{"metric":%q,"timestamp":%d,"value":%v,"tags":{%s}}`, metric, at.Unix(), value, tags)
}

func array(lines ...string) []byte { return []byte("[" + strings.Join(lines, ",") + "]") }

// asStatus returns the StatusError in an error.
func asStatus(err error, status **apptuitclient.StatusError) bool { return errors.As(err, status) }
