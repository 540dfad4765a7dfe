// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net"
	"strings"
)

// checkDNS resolves the name of the next host.
func checkDNS(ctx context.Context, r *run, f *findings) {
	if r.throughOpaque(f) {
		return
	}
	host := r.next().Hostname()
	if ip := net.ParseIP(host); ip != nil {
		f.ok("%s is an address", ip)
		return
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	var dns *net.DNSError
	switch {
	case err == nil:
		f.ok("%s is %s", host, strings.Join(addresses, ", "))
	case errors.As(err, &dns) && dns.IsNotFound:
		r.unreachable(f, "Is it spelt right, and does this machine ask the right DNS server?", "there is no host %s", host)
	default:
		r.unreachable(f, "Does this machine reach its DNS server?", "%s cannot be looked up: %v", host, err)
	}
}
