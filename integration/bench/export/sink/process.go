// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// Addresses is what [Serve] writes, as JSON in one line.
type Addresses struct{ Data, Control string }

// Serve runs a sink. It writes its addresses, and ends when there is nothing more
// to read.
func Serve(in io.Reader, out io.Writer) error {
	s, err := Start()
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(Addresses{Data: s.Data, Control: s.Control}); err != nil {
		return errors.Join(err, s.Close())
	}
	_, err = io.Copy(io.Discard, in)
	return errors.Join(err, s.Close())
}

// Client asks a sink.
type Client struct {
	Addresses
	http *http.Client
}

// NewClient returns a client of the sink at these addresses.
func NewClient(at Addresses) *Client {
	return &Client{Addresses: at, http: &http.Client{Transport: &http.Transport{}}}
}

// URL is where to send to.
func (c *Client) URL() string { return "http://" + c.Data }

// Totals returns what the sink has got so far.
func (c *Client) Totals(ctx context.Context) (Totals, error) {
	var t Totals
	err := c.ask(ctx, http.MethodGet, "/totals", nil, &t)
	return t, err
}

// Decode says whether the sink decodes what it gets from now on.
func (c *Client) Decode(ctx context.Context, on bool) error {
	return c.ask(ctx, http.MethodPost, "/decode", url.Values{"on": {fmt.Sprint(on)}}, nil)
}

// Scrape has the sink scrape a URL.
func (c *Client) Scrape(ctx context.Context, target, accept string) error {
	return c.ask(ctx, http.MethodPost, "/scrape", url.Values{"url": {target}, "accept": {accept}}, nil)
}

func (c *Client) ask(ctx context.Context, method, path string, form url.Values, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.Control+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("sink: %s: %s", response.Status, body)
	case answer == nil:
		return nil
	}
	return json.Unmarshal(body, answer)
}

// Process is a sink in a process of its own.
type Process struct {
	*Client
	command *exec.Cmd
	stdin   io.Closer
}

// StartProcess runs a program that calls [Serve], and ends with Close or with
// this process.
func StartProcess(ctx context.Context, program string) (*Process, error) {
	command := exec.CommandContext(ctx, program)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &Process{command: command, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the sink gives no address: %w", err), p.Close())
	}
	var at Addresses
	if err := json.Unmarshal(line, &at); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.Client = NewClient(at)
	return p, nil
}

// Close ends the process, and waits for it.
func (p *Process) Close() error {
	return errors.Join(p.stdin.Close(), p.command.Wait())
}
