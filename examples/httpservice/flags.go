// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"time"
)

type flags struct {
	addr     string
	interval time.Duration
}

func parseFlags(args []string, usage io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("httpservice", flag.ContinueOnError)
	set.SetOutput(usage)
	set.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 picks a free one")
	set.DurationVar(&f.interval, "interval", 15*time.Second, "`time` from one export to the next")
	if err := set.Parse(args); err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		return flags{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if f.interval <= 0 {
		return flags{}, fmt.Errorf("-interval %v is not positive", f.interval)
	}
	return f, nil
}
