// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
)

// checkDNS resolves the name of the next host: the proxy or the server.
func checkDNS(ctx context.Context, r *run, f *findings) {
	if r.throughOpaque(f) {
		return
	}
	host := r.next().Hostname()
	if ip := net.ParseIP(host); ip != nil {
		f.ok("%s is an IP address", ip)
		return
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	var dns *net.DNSError
	switch {
	case err == nil:
		f.ok("%s is %s", host, strings.Join(addresses, ", "))
	case errors.As(err, &dns) && dns.IsNotFound:
		r.unreachable(f, "Check the spelling, and the DNS server that this machine uses.", "there is no host %s", host)
	default:
		r.unreachable(f, "Check whether this machine can reach its DNS server.", "%s cannot be resolved: %v", host, err)
	}
}
