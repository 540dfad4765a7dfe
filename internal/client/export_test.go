// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/apptuitai/apptuit-go/internal/settings"

// SetDisk replaces the function with which the spool of a client writes a file. disk is
// called for each file; next performs the real write.
func SetDisk(c *Client, disk func(next func() error) error) {
	folder := c.spooler().folder
	write := folder.Write
	folder.Write = func(name string, commit func() bool, parts ...[]byte) error {
		return disk(func() error { return write(name, commit, parts...) })
	}
}

// ReportEmpty has the spool of a client report that it is empty, if it is.
func ReportEmpty(c *Client) { c.spooler().reportEmpty() }

// Complete adds the environment and the defaults to settings.
func Complete(s *Settings) error { return s.complete() }

// Variables returns the functions that read the variables of the client.
func Variables() map[string]func(settings.Variable) {
	return NewSettings().variables(NewSpoolSettings(""), new(TLSFiles))
}
