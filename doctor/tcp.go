// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net"
	"time"
)

// checkTCP connects to the next host: the proxy or the server.
func checkTCP(ctx context.Context, r *run, f *findings) {
	if r.throughOpaque(f) {
		return
	}
	start := time.Now()
	conn, err := r.dial(ctx)
	if err != nil {
		r.unreachable(f, networkAdvice(err), "%v", err)
		return
	}
	f.ok("%s, connected in %v", conn.RemoteAddr(), time.Since(start).Round(time.Microsecond))
	_ = conn.Close()
}

func (r *run) dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", hostPort(r.next()))
}
