// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

// Holder is embedded by the public client. It lets the packages of this module get at
// the client within, and nobody else: its method can only be called here.
type Holder struct{ c *Client }

// Hold returns a holder of a client.
func Hold(c *Client) Holder { return Holder{c} }

func (h Holder) client() *Client { return h.c }

// Of returns the client within a public one.
func Of(public interface{ client() *Client }) *Client { return public.client() }
