// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/encoding"
)

// Options returns the flags as options of the client. The error joins all faults, each with the name of
// its flag, and is marked by [cli.Usage].
func (f *Flags) Options() ([]apptuitclient.Option, error) {
	var options []apptuitclient.Option
	var faults []error
	add := func(flag, value string, parse func(string) (apptuitclient.Option, error)) {
		if value == "" {
			return
		}
		option, err := parse(value)
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", flag, err))
			return
		}
		options = append(options, option)
	}
	add("endpoint", f.Endpoint, func(text string) (apptuitclient.Option, error) {
		_, err := ParseURL(text)
		return apptuitclient.WithEndpoint(text), err
	})
	add("server", f.Server, func(text string) (apptuitclient.Option, error) {
		server, err := apptuitclient.ParseServer(text)
		return apptuitclient.WithServer(server), err
	})
	add("token-file", f.TokenFile, func(text string) (apptuitclient.Option, error) {
		return apptuitclient.WithTokenFile(text), nil
	})
	add("user", f.User, func(text string) (apptuitclient.Option, error) {
		return apptuitclient.WithUserID(text), nil
	})
	add("ca-file", f.CAFile, func(text string) (apptuitclient.Option, error) {
		return apptuitclient.WithTLSFiles(apptuitclient.TLSFiles{CA: text}), checkCertificates(text)
	})
	add("proxy", f.Proxy, func(text string) (apptuitclient.Option, error) {
		u, err := ParseURL(text)
		return apptuitclient.WithProxy(http.ProxyURL(u)), err
	})
	add("compression", f.Compression, func(text string) (apptuitclient.Option, error) {
		compression, err := apptuitclient.ParseCompression(text)
		return apptuitclient.WithCompression(compression), err
	})
	add("tags", f.Tags, func(text string) (apptuitclient.Option, error) {
		tags, err := encoding.ParseTags(text)
		return apptuitclient.WithTags(tags), err
	})
	return options, cli.Usage(errors.Join(faults...))
}

// ParseURL parses the URL of a flag, which must not contain a password. The error does not quote the URL,
// since it may contain a password.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("it is not a URL such as http://host:port")
	case u.User != nil:
		return nil, errors.New("no user or password in a flag, which other users of this machine can see")
	}
	return u, nil
}

// maxCertificates bounds the text that is checked, in bytes. It is the largest size of a file of
// [apptuitclient.WithTLSFiles]: the client reports a larger file.
const maxCertificates = 2 << 20

// checkCertificates returns an error for a file without certificates. The client would report the file,
// too, but without the name of the flag. A pipe is not checked, since it can be read only once.
func checkCertificates(name string) error {
	if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxCertificates))
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("no certificate in %s", name)
	}
	return nil
}
