// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
)

// The range of ports is below the ports that systems use for outgoing connections (Linux: from 32768).
const (
	firstPort = 20000
	lastPort  = 32767
)

// FreeAddr returns an address of the loopback interface without a listener. The address is not reserved. On
// Linux there are so many addresses that another process hardly takes it, even while a server is down.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for attempt := range 1000 {
		addr := fmt.Sprintf("%s:%d", loopbackHost(attempt), firstPort+rand.IntN(lastPort-firstPort+1))
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatalf("closing %s: %v", addr, err)
		}
		return addr
	}
	t.Fatal("no free port on the loopback interface")
	return ""
}

// loopbackHost returns an address of the loopback interface. On Linux the interface usually has all of
// 127.0.0.0/8; after 100 attempts only 127.0.0.1 is used.
func loopbackHost(attempt int) string {
	if runtime.GOOS != "linux" || attempt >= 100 {
		return "127.0.0.1"
	}
	return fmt.Sprintf("127.%d.%d.%d", rand.IntN(256), rand.IntN(256), 1+rand.IntN(254))
}
