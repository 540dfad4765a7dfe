// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"time"
)

// checkTCP connects to the next host.
func checkTCP(ctx context.Context, p *patient, n *notes) {
	start := time.Now()
	conn, err := p.dial(ctx)
	if err != nil {
		n.fail(networkAdvice(err), "%v", err)
		return
	}
	n.ok("%s, connected in %v", conn.RemoteAddr(), time.Since(start).Round(time.Microsecond))
	_ = conn.Close()
}

func (p *patient) dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", hostPort(p.next()))
}
