// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// onDrive returns a client of the fake, whose spool is a folder in memory.
func onDrive(t testing.TB, drive *memdisk.Drive, f *fake, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c := waiting(t, drive, f, client.NewSpoolSettings("/spool"), opts...)
	if err := client.Of(c).OpenSpool(); err != nil {
		t.Fatal(err)
	}
	return c
}

// waiting returns a client of the fake, whose spool is a folder in memory that the first Send
// opens.
func waiting(t testing.TB, drive *memdisk.Drive, f *fake, settings *client.SpoolSettings, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c := newClient(t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: f}),
		apptuitclient.WithWarningHandler(func(error) {}),
	}, opts...)...)
	client.Of(c).Simulate(client.Machine{Disk: func(string) (spool.Disk, error) { return drive.Process(), nil }}, settings)
	return c
}

// fileName is the name of a file of the spool, which is older the smaller i is.
func fileName(i int) string { return fmt.Sprintf("%016x-%08x.batch", i, i) }

// spoolFile returns a file of the spool with the given header and correct checksums.
func spoolFile(encoding uint16, points uint32, raw uint64, body []byte) []byte {
	sum := func(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
	h := []byte("APTSPOOL\x00\x01")
	h = binary.BigEndian.AppendUint16(h, encoding)
	h = binary.BigEndian.AppendUint32(h, points)
	h = binary.BigEndian.AppendUint64(h, raw)
	h = binary.BigEndian.AppendUint64(h, uint64(time.Now().UnixNano()))
	h = binary.BigEndian.AppendUint32(h, 0)
	h = binary.BigEndian.AppendUint64(h, uint64(len(body)))
	h = binary.BigEndian.AppendUint32(h, sum(body))
	return append(binary.BigEndian.AppendUint32(h, sum(h)), body...)
}
