// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// maxTLSFile bounds the size of a TLS file, in bytes. A bundle of all public certificate
// authorities has some 250 KiB.
const maxTLSFile = 2 << 20

// TLSFile is a file in PEM format.
type TLSFile struct {
	From string // the option or variable that names the file, for errors
	Name string // empty without a file
}

// errorf returns a fault of the file. Its text must not contain the content of the file.
func (f TLSFile) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: file %q: %w", f.From, f.Name, fmt.Errorf(format, args...))
}

// read returns the content of the file, which must consist of whole PEM blocks.
func (f TLSFile) read(ctx context.Context) ([]byte, error) {
	text, err := readFile(ctx, f.Name, maxTLSFile)
	if err != nil {
		return nil, f.errorf("%w", withoutPath(err))
	}
	rest := text
	for block, after := pem.Decode(rest); block != nil; block, after = pem.Decode(rest) {
		rest = after
	}
	if bytes.Contains(rest, []byte("-----BEGIN ")) { // crypto/tls and crypto/x509 would use the blocks before it
		return nil, f.errorf("the last PEM block is incomplete")
	}
	return text, nil
}

// TLSFiles are the files of a TLS configuration. Each has a From, even if its Name is empty.
type TLSFiles struct{ CA, Certificate, Key TLSFile }

// SetTLSFiles sets the files of an option.
func (s *Settings) SetTLSFiles(files TLSFiles) { s.Connection.files = files }

// AddTLSFiles sets the files of variables that no option has set. A certificate and its key
// come from one place: the files of WithTLSFiles, or both variables. WithTLSClientConfig and
// WithHTTPClient override the variables. AddTLSFiles must be called after all options have
// been applied.
func (s *Settings) AddTLSFiles(variables TLSFiles) {
	if s.Connection.TLS != nil || s.Connection.HTTPClient != nil {
		return
	}
	files := &s.Connection.files
	if files.CA.Name == "" {
		files.CA = variables.CA
	}
	if files.Certificate.Name == "" && files.Key.Name == "" {
		files.Certificate, files.Key = variables.Certificate, variables.Key
	}
}

// given reports whether there is a file.
func (f *TLSFiles) given() bool {
	return f.CA.Name != "" || f.Certificate.Name != "" || f.Key.Name != ""
}

// check returns the faults of the combination of the files with each other and with the
// TLS configuration that they are added to.
func (f *TLSFiles) check(config *tls.Config) []error {
	var faults []error
	for _, pair := range [][2]TLSFile{{f.Certificate, f.Key}, {f.Key, f.Certificate}} {
		if pair[0].Name != "" && pair[1].Name == "" {
			faults = append(faults, fmt.Errorf("%s: needs %s, too", pair[0].From, pair[1].From))
		}
	}
	if f.CA.Name != "" && config.RootCAs != nil {
		faults = append(faults, fmt.Errorf("%s: the TLS configuration of the program has RootCAs: use one of them", f.CA.From))
	}
	if f.Certificate.Name != "" && (config.Certificates != nil || config.GetClientCertificate != nil) {
		faults = append(faults, fmt.Errorf("%s: the TLS configuration of the program has a client certificate: use one of them", f.Certificate.From))
	}
	return faults
}

// states returns the states of the files.
func (f *TLSFiles) states() tlsFileStates {
	return tlsFileStates{stateOf(f.CA.Name), stateOf(f.Certificate.Name), stateOf(f.Key.Name)}
}

// tlsFileStates are the states of the CA file, the certificate file and the key file.
type tlsFileStates [3]fileState

func (s tlsFileStates) equal(o tlsFileStates) bool {
	return s[0].equal(o[0]) && s[1].equal(o[1]) && s[2].equal(o[2])
}

// tlsContent is the content of TLS files.
type tlsContent struct {
	roots        *x509.CertPool    // nil without a CA file
	certificates []tls.Certificate // empty without a certificate file
	sum          [sha256.Size]byte // identifies the content
}

// load reads the files. It returns all faults.
func (f *TLSFiles) load(ctx context.Context) (*tlsContent, []error) {
	var content tlsContent
	var faults []error
	sum := sha256.New()
	read := func(file TLSFile) []byte {
		if file.Name == "" {
			return nil
		}
		text, err := file.read(ctx)
		if err != nil {
			faults = append(faults, err)
			return nil
		}
		_, _ = fmt.Fprintf(sum, "%d\n%s", len(text), text)
		return text
	}
	if text := read(f.CA); text != nil {
		content.roots = x509.NewCertPool()
		if !content.roots.AppendCertsFromPEM(text) {
			faults = append(faults, f.CA.errorf("it contains no certificate in PEM format"))
		}
	}
	if certificate, key := read(f.Certificate), read(f.Key); certificate != nil && key != nil {
		pair, err := tls.X509KeyPair(certificate, key)
		switch {
		case err == nil:
			content.certificates = []tls.Certificate{pair}
		case isEncrypted(key):
			faults = append(faults, f.Key.errorf("the key is encrypted: only a key without a passphrase can be used"))
		default:
			faults = append(faults, f.Certificate.errorf("with %s, file %q: %w", f.Key.From, f.Key.Name, err))
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	sum.Sum(content.sum[:0])
	return &content, nil
}

// isEncrypted reports whether a key is encrypted, by PKCS #8 or by RFC 1421.
func isEncrypted(key []byte) bool {
	block, _ := pem.Decode(key)
	return block != nil && (strings.HasPrefix(block.Type, "ENCRYPTED ") || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"))
}

// apply adds the content to a TLS configuration, and removes the sessions that were made
// with other certificates.
func (c *tlsContent) apply(config *tls.Config) {
	if c.roots != nil {
		config.RootCAs = c.roots
	}
	if len(c.certificates) > 0 {
		config.Certificates = c.certificates
	}
	if config.ClientSessionCache != nil { // a resumed session is not verified against RootCAs
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
}
