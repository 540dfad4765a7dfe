// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// allocated returns how many bytes a function allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A file of 200 bytes must not make the client allocate memory for the points that it claims.
func TestSpool_CraftedCountsAllocateNothing(t *testing.T) {
	for name, file := range map[string][]byte{
		"points":                                 spoolFile(0, math.MaxInt32, 1<<40, make([]byte, 150)),
		"points, of a small text":                spoolFile(0, math.MaxInt32, 1000, make([]byte, 150)),
		"text":                                   spoolFile(1, 1, 1<<40, make([]byte, 150)),
		"a text slightly too large for its body": spoolFile(1, 1, 150*1032+1032, make([]byte, 150)),
		"uncompressed text":                      spoolFile(2, 3, 151, make([]byte, 150)),
	} {
		synctest.Test(t, func(t *testing.T) {
			drive := memdisk.New()
			drive.Put(fileName(1), file)
			f := newFake(t, status(204))
			var w warnings
			n := allocated(func() {
				c := onDrive(t, drive, f, w.option())
				time.Sleep(time.Minute)
				wantStats(t, c, apptuitclient.SpoolStats{})
				c.Close()
			})
			if n > 1<<20 {
				t.Errorf("%s: %d bytes are allocated", name, n)
			}
			if len(f.all()) > 0 {
				t.Errorf("%s: it was sent", name)
			}
			w.want(t, "is moved to the quarantine: not a valid batch")
		})
	}
}

// The smallest points that a client can send are spooled and read: no header is refused that
// a client has written.
func TestSpool_ReplaysTheSmallestPoints(t *testing.T) {
	for _, compression := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone} {
		synctest.Test(t, func(t *testing.T) {
			drive := memdisk.New()
			var points []apptuitclient.DataPoint
			for range 10_000 {
				points = append(points, apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"t": "v"}, Timestamp: time.Unix(1, 0)})
			}
			first := onDrive(t, drive, newFake(t, status(503)), apptuitclient.WithCompression(compression))
			send(t, first, points...)
			first.Close()
			c := onDrive(t, drive, newFake(t, status(204)), apptuitclient.WithCompression(compression))
			time.Sleep(time.Minute)
			wantStats(t, c, apptuitclient.SpoolStats{Found: 10_000, Replayed: 10_000})
		})
	}
}

// bomb returns a body that expands to a thousand times its size: gzip allows a body to
// consist of several members.
func bomb(t testing.TB, start string, members int) []byte {
	t.Helper()
	member := func(text []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(text)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	return append(member([]byte(start)), bytes.Repeat(member(bytes.Repeat([]byte("x"), 1<<20)), members)...)
}

// A body that expands to more than its file says cannot be split: it is moved to the
// quarantine, and takes no memory for what it would expand to.
func TestSpool_Bombs(t *testing.T) {
	for name, start := range map[string]string{
		"one long line": "[\n{", "lines": "[\n{},\n{},\n{\n", "one more line": "[\n{},\n{}\n]\n", "nothing": "",
	} {
		body := bomb(t, start, 1400)
		synctest.Test(t, func(t *testing.T) {
			drive := memdisk.New()
			drive.Put(fileName(1), spoolFile(0, 2, 64<<20, body))
			server := roundTrip(func(r *http.Request) (*http.Response, error) {
				_, _ = io.Copy(io.Discard, r.Body)
				return status(413).response(r), nil
			})
			var w warnings
			n := allocated(func() {
				c := onDrive(t, drive, newFake(t), w.option(), apptuitclient.WithHTTPClient(&http.Client{Transport: server}))
				time.Sleep(time.Minute)
				wantStats(t, c, apptuitclient.SpoolStats{Found: 2, Dropped: 2})
			})
			t.Logf("%s: a body of %d bytes takes %d MiB in all", name, len(body), n>>20)
			if n > 450<<20 { // most of it garbage: a line of 64 MiB grows in steps
				t.Errorf("%s: %d MiB are allocated", name, n>>20)
			}
			w.want(t, "dropped 2 points: ", "is empty again")
		})
	}
}
