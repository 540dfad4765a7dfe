// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

// checkConfiguration has client and exporter made, which know what is wrong.
func checkConfiguration(ctx context.Context, p *patient, n *notes) {
	var warned warnings
	options, err := p.options()
	options = append(options, apptuitclient.WithWarningHandler(warned.add))
	err = errors.Join(p.rootsErr, err, p.make(ctx, options))
	for _, text := range warned.take() {
		n.warn(warningAdvice(text), "%s", text)
	}
	if err != nil {
		for text := range strings.SplitSeq(err.Error(), "\n") {
			n.fail("", "%s", withoutPackage(text))
		}
		return
	}
	n.ok("no fault; points go to %s", p.endpoint)
}

// make makes client and exporter, or says all that is wrong with both.
func (p *patient) make(ctx context.Context, options []apptuitclient.Option) error {
	client, err := apptuitclient.New(options...)
	if err != nil {
		_, err = exporter.New(ctx, exporter.WithClientOptions(options...))
		return err
	}
	p.client = client
	if p.exporter, err = exporter.New(ctx, exporter.WithClient(client), exporter.WithoutSelfMetrics()); err != nil {
		return err
	}
	p.endpoint, err = url.Parse(client.Endpoint())
	return err
}

// withoutPackage takes away what says only who speaks.
func withoutPackage(text string) string {
	for _, prefix := range []string{"apptuit exporter: ", "apptuit: ", "configuration: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

func warningAdvice(text string) string {
	switch {
	case strings.Contains(text, "without encryption"):
		return "Anybody on the way can read the token. Use an https:// endpoint."
	case strings.Contains(text, "deprecated"):
		return "It still works. Rename it where it is set."
	}
	return ""
}

// warnings are what the client warns of, each once.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) add(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if text := withoutPackage(err.Error()); !slices.Contains(w.all, text) {
		w.all = append(w.all, text)
	}
}

func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}
