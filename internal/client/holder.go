// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

// Holder gives the packages of this module access to the client inside a public type,
// without exporting a method or field to users. The public type embeds it:
//
//	// package apptuitclient
//	type holder = client.Holder
//	type Client struct{ holder }
//
//	func New() *Client { return &Client{client.Hold(c)} }
//
//	// package exporter
//	core := client.Of(publicClient) // the *client.Client
//
// The alias keeps the embedded field unexported, and the method of Holder can only be
// called in this package.
type Holder struct{ c *Client }

// Hold returns a holder of c, to be embedded in a public type.
func Hold(c *Client) Holder { return Holder{c} }

func (h Holder) client() *Client { return h.c }

// Of returns the client in a public type that embeds a [Holder].
func Of(public interface{ client() *Client }) *Client { return public.client() }
