// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

// order is the task of an exporting process.
type order struct {
	Endpoint string
	Spool    string // the folder of a spool; no spool if empty
	Seed     uint64
	Life     uint64
	Second   int64 // of the first pass

	Instances bool // share the spool with other processes
	Leave     bool // end without waiting for the spool
}

// lifeHeader tells the server which process sends.
const lifeHeader = "X-Life"

// runChild runs an exporting process. It exports until it is killed or until its input ends. Before and
// after each Export it writes a line to its output, with the time of the pass and the result.
func runChild(text string) int {
	var o order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = o.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (o *order) run() error {
	end := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(end)
	}()
	opts := []apptuitclient.Option{
		apptuitclient.WithEndpoint(o.Endpoint),
		apptuitclient.WithToken(token),
		apptuitclient.WithHeaders(map[string]string{lifeHeader: strconv.FormatUint(o.Life, 10)}),
		apptuitclient.WithTimeout(4 * generous), // so that no request is abandoned
		apptuitclient.WithWarningHandler(func(error) {}),
	}
	deadline := impatient
	if o.Spool != "" {
		how := []apptuitclient.SpoolOption{apptuitclient.WithSpoolRate(1000)}
		if o.Instances {
			how = append(how, apptuitclient.WithSpoolInstances())
		}
		opts = append(opts, apptuitclient.WithSpool(o.Spool, how...))
		deadline = 8 * generous
	}
	p, err := newProgram(newLoad(o.Seed, o.Life), o.Second, &http.Transport{}, opts...)
	if err != nil {
		return err
	}
	var before exporter.Stats
	pass := func(export func() error) {
		second := p.second
		fmt.Printf("begin %d\n", second)
		_ = export() // the statistics have the result
		s := p.exporter.Stats()
		fmt.Printf("end %d %d %d %d %d\n", second, s.Accepted-before.Accepted, s.Rejected-before.Rejected,
			s.Spooled-before.Spooled, s.Dropped-before.Dropped)
		before = s
	}
	for {
		pass(func() error { return p.export(deadline) })
		select {
		case <-end:
			if !o.Leave {
				if err := waitForSpool(p.client); err != nil {
					return err
				}
			}
			pass(p.stop)
			return nil
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// waitForSpool waits until the spool is empty.
func waitForSpool(c *apptuitclient.Client) error {
	for deadline := time.Now().Add(4 * generous); ; time.Sleep(5 * time.Millisecond) {
		s, ok := c.SpoolStats()
		if !ok || s.Points == 0 && adds(s) {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("the spool is not empty in time")
		}
	}
}
