// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"net/http"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	core "github.com/apptuitai/apptuit-go/internal/client"
)

func (s *settings) readHeaders(v value) {
	headers := make(map[string]string)
	items, _ := v.list("mappings with the keys name, value")
	for _, item := range items {
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

// readHeadersList reads headers in the format of OTEL_EXPORTER_OTLP_HEADERS.
func (s *settings) readHeadersList(v value) {
	text, ok := v.word()
	if !ok {
		return
	}
	headers, err := core.ParseHeaders(text)
	if err != nil {
		v.fault("%w", err)
		return
	}
	s.headersList = headers
}

func (s *settings) readProxy(v value) {
	text, ok := v.word()
	if !ok {
		return
	}
	u, err := core.ParseProxy(text)
	if err != nil {
		v.fault("%w", err)
		return
	}
	s.client = append(s.client, apptuitclient.WithProxy(http.ProxyURL(u)))
}

// readTLS records the key of each file, because errors of exporter.New name a field of
// TLSFiles.
func (s *settings) readTLS(v value) {
	var files apptuitclient.TLSFiles
	for _, f := range v.mapping(keysWithin("tls")...) {
		name, ok := f.word()
		if !ok {
			continue
		}
		switch f.name {
		case "ca_file":
			files.CA, s.placed["TLSFiles.CA"] = name, f
		case "cert_file":
			files.Certificate, s.placed["TLSFiles.Certificate"] = name, f
		case "key_file":
			files.Key, s.placed["TLSFiles.Key"] = name, f
		}
	}
	switch {
	case files.Certificate != "" && files.Key == "":
		s.placed["TLSFiles.Certificate"].fault("requires key_file")
	case files.Certificate == "" && files.Key != "":
		s.placed["TLSFiles.Key"].fault("requires cert_file")
	}
	s.client = append(s.client, apptuitclient.WithTLSFiles(files))
}
