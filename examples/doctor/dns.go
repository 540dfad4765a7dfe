// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"strings"
)

// checkDNS looks the next host up.
func checkDNS(ctx context.Context, p *patient, n *notes) {
	host := p.next().Hostname()
	if ip := net.ParseIP(host); ip != nil {
		n.ok("%s is an address", ip)
		return
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	var dns *net.DNSError
	switch {
	case err == nil:
		n.ok("%s is %s", host, strings.Join(addresses, ", "))
	case errors.As(err, &dns) && dns.IsNotFound:
		n.fail("Is it spelt right, and does this machine ask the right DNS server?", "there is no host %s", host)
	default:
		n.fail("Does this machine reach its DNS server?", "%s cannot be looked up: %v", host, err)
	}
}
