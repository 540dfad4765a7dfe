// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"os"

	"go.opentelemetry.io/otel/baggage"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

func (s *settings) readHeaders(v value) {
	headers := make(map[string]string)
	for _, item := range v.list() {
		var name, text string
		var named, given bool
		for _, f := range item.mapping("name", "value") {
			switch f.name {
			case "name":
				name, named = f.word()
			case "value":
				text, given = f.text()
			}
		}
		switch {
		case !named:
			item.fault("name is missing")
		case item.child("value").key == nil:
			item.fault("value is missing")
		case given:
			headers[http.CanonicalHeaderKey(name)] = text
		}
	}
	s.headers = headers
}

// readHeadersList reads the form of OTEL_EXPORTER_OTLP_HEADERS, by the same
// function as otelconf. Its error is not shown: it quotes values.
func (s *settings) readHeadersList(v value) {
	text, ok := v.word()
	if !ok {
		return
	}
	list, err := baggage.Parse(text)
	if err != nil {
		v.fault("must be name=value,name=value, with values percent-encoded")
		return
	}
	headers := make(map[string]string)
	for _, m := range list.Members() {
		headers[http.CanonicalHeaderKey(m.Key())] = m.Value()
	}
	s.headersList = headers
}

func (s *settings) readProxy(v value) {
	text, ok := v.word()
	if !ok {
		return
	}
	u, err := url.Parse(text) // the error quotes the password
	if err != nil || u.Hostname() == "" {
		v.fault("must look like http://host:port")
		return
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		s.client = append(s.client, apptuitclient.WithProxy(http.ProxyURL(u)))
	default:
		v.fault("the scheme must be http, https, socks5 or socks5h")
	}
}

// tlsFiles are the files of a TLS configuration. They are read when the exporter
// is made.
type tlsFiles struct {
	at            value
	ca, cert, key tlsFile
}

type tlsFile struct {
	at   value
	name string
}

func (s *settings) readTLS(v value) {
	s.tls.at = v
	for _, f := range v.mapping("ca_file", "cert_file", "key_file") {
		name, ok := f.word()
		if !ok {
			continue
		}
		switch f.name {
		case "ca_file":
			s.tls.ca = tlsFile{f, name}
		case "cert_file":
			s.tls.cert = tlsFile{f, name}
		case "key_file":
			s.tls.key = tlsFile{f, name}
		}
	}
	switch cert, key := s.tls.cert, s.tls.key; {
	case cert.name != "" && key.name == "":
		cert.at.fault("needs key_file, too")
	case cert.name == "" && key.name != "":
		key.at.fault("needs cert_file, too")
	}
}

// load returns nil if no file is given.
func (t *tlsFiles) load() (*tls.Config, []error) {
	if t.ca.name == "" && t.cert.name == "" {
		return nil, nil
	}
	var faults []error
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.ca.name != "" {
		config.RootCAs = x509.NewCertPool()
		pem, err := os.ReadFile(t.ca.name)
		if err == nil && !config.RootCAs.AppendCertsFromPEM(pem) {
			err = errors.New("no certificate in PEM format in it")
		}
		if err != nil {
			faults = append(faults, t.ca.at.errorf("%w", err))
		}
	}
	if t.cert.name != "" {
		certificate, err := tls.LoadX509KeyPair(t.cert.name, t.key.name)
		if err != nil {
			faults = append(faults, t.cert.at.errorf("with key_file: %w", err))
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, faults
}
