// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/integration/opentsdb"
)

// sized is an OpenTSDB with a limit on bodies, and the size of the largest body that it accepts. The size
// is that of the body as it is sent, compressed or not.
type sized struct {
	properties map[string]string
	largest    int
	// refusal is the result of a request with a larger body.
	refusal string
}

func sizes() map[string]sized {
	return map[string]sized{
		// Netty's HTTP decoder hands larger bodies over in chunks.
		"the default": {nil, 8192, "400"},
		// The bound is looked at for chunks only: bodies from 4,097 to 8,192 bytes pass as well.
		"enable_chunked":                 {map[string]string{"tsd.http.request.enable_chunked": "true"}, 8192, "closed"},
		"enable_chunked, max_chunk 100k": {map[string]string{"tsd.http.request.enable_chunked": "true", "tsd.http.request.max_chunk": "100000"}, 100000, "closed"},
	}
}

func TestSend_FindsTheSizeThatIsAccepted(t *testing.T) {
	t.Parallel()
	for name, s := range sizes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := shared.opentsdb(t)
			if s.properties != nil {
				o = shared.start(t, s.properties)
			}
			t.Run("largest body", func(t *testing.T) { s.testLargest(t, o) })
			for _, c := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone} {
				t.Run(fmt.Sprint("client, compression ", c), func(t *testing.T) { s.testClient(t, o, c) })
			}
		})
	}
}

func (s sized) testLargest(t *testing.T, o *opentsdb.OpenTSDB) {
	point := line("size.raw", time.Now(), 1, `"h":"a"`)
	body := func(size int) []byte { return append([]byte(point), bytes.Repeat([]byte{' '}, size-len(point))...) }
	if a, err := o.Put(t, "details", body(s.largest), nil); err != nil || a.Status != http.StatusOK {
		t.Errorf("%d bytes: %d %s %v", s.largest, a.Status, a.Body, err)
	}
	a, err := o.Put(t, "details", body(s.largest+1), nil)
	if s.refusal == "closed" {
		if err == nil {
			t.Errorf("%d bytes: %d %s, want a connection that is closed", s.largest+1, a.Status, a.Body)
		}
		return
	}
	// The answer is a page of HTML, also to a request with JSON.
	if err != nil || fmt.Sprint(a.Status) != s.refusal || a.Header.Get("Content-Type") != "text/html; charset=UTF-8" ||
		!strings.Contains(a.Body, "<blockquote>Chunked request not supported.</blockquote>") {
		t.Errorf("%d bytes: %d %v %s %v", s.largest+1, a.Status, a.Header, a.Body, err)
	}
}

// The client finds a size that the server accepts, loses no point, and keeps to the size afterwards.
func (s sized) testClient(t *testing.T, o *opentsdb.OpenTSDB, compression apptuitclient.Compression) {
	const n = 1500
	w := &wire{}
	c := newClient(t, o, w.client(), apptuitclient.WithCompression(compression))
	for batch := range 2 {
		sent, want := samples(shared.unique("size"), n)
		if err := c.Send(within(t, time.Minute), sent); err != nil {
			t.Fatal(err)
		}
		outcomes := w.take()
		t.Logf("batch %d: %v", batch, outcomes)
		first := batch == 0
		switch small := s.largest < 100000 || compression == apptuitclient.CompressionNone; {
		case !small && cmp.Diff(map[string]int{"200": 1}, outcomes) != "":
			t.Errorf("requests %v, want one", outcomes)
		case small && first && outcomes[s.refusal] == 0:
			t.Errorf("requests %v, want one that is too large", outcomes)
		case small && !first && outcomes[s.refusal] > 2:
			t.Errorf("requests %v, want hardly any that is too large", outcomes)
		}
		stores(t, o, sent[0].Metric, want)
	}
}

// samples returns points that hardly compress.
func samples(metric string, n int) ([]apptuitclient.DataPoint, []servers.Point) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
	at := time.Now().Truncate(time.Second)
	sent, want := make([]apptuitclient.DataPoint, n), make([]servers.Point, n)
	for i := range n {
		tags := map[string]string{"series": fmt.Sprint(i)}
		value := math.Float64frombits(random.Uint64N(1 << 62))
		sent[i] = apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: at, Value: value}
		want[i] = servers.Point{Metric: metric, Tags: tags, Time: at.UnixMilli(), Value: value}
	}
	return sent, want
}
