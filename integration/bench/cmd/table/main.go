// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Table measures exporters beside each other and prints one table.
//
//	go run ./cmd/table           two minutes, 10,000 points
//	go run ./cmd/table -full     all of it, an hour and more
//
// It is run in the folder of the module integration/bench: it builds the sink and
// the program that measures memory. With -write the table replaces what is in a
// file between the lines "<!-- bench -->" and "<!-- /bench -->".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/integration/bench/export"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := newProgram().run(ctx); err != nil {
		log.Print(err)
		os.Exit(1) //nolint:gocritic // nothing is left to be undone
	}
}

// program is the command line.
type program struct {
	full, memory         bool
	rounds               int
	only, state, peers   string
	write, csv, profiles string
}

func newProgram() *program {
	p := &program{}
	flag.BoolVar(&p.full, "full", false, "measure all sizes and sources of data, and memory")
	flag.BoolVar(&p.memory, "memory", false, "measure memory also without -full")
	flag.IntVar(&p.rounds, "rounds", 0, "the number of rounds, instead of that of the mode")
	flag.StringVar(&p.only, "only", "", "data to measure, by the names in the table, separated by semicolons")
	flag.StringVar(&p.state, "state", "", "the only state to measure: warm, cold or 1 % new")
	flag.StringVar(&p.peers, "peers", "", "peers to measure, by their names, separated by semicolons")
	flag.StringVar(&p.write, "write", "", "a file to write the table into")
	flag.StringVar(&p.csv, "csv", "", "a file to write all figures to")
	flag.StringVar(&p.profiles, "cpuprofiles", "", "what the names of files begin with, to which profiles of each peer go; exports have the label state in them")
	flag.Parse()
	return p
}

func (p *program) run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a folder for temporary files
	build := exec.CommandContext(ctx, "go", "build", "-o", folder, "./cmd/sink", "./cmd/peer", "./cmd/peak")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the other programs, in the folder of the module: %w", err)
	}
	to, err := sink.StartProcess(ctx, filepath.Join(folder, "sink"))
	if err != nil {
		return err
	}
	peers := p.chosen()
	results, err := p.measure(ctx, to.Addresses, peers, folder)
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	return p.report(results, peers)
}

// chosen returns the names of the peers.
func (p *program) chosen() []string {
	var names []string
	for _, one := range peer.All() {
		if p.peers == "" && !one.Variant || p.peers != "" && slices.Contains(split(p.peers), one.Name) {
			names = append(names, one.Name)
		}
	}
	return names
}

// split returns the parts of a list.
func split(list string) []string {
	var parts []string
	for one := range strings.SplitSeq(list, ";") {
		parts = append(parts, strings.TrimSpace(one))
	}
	return parts
}

func (p *program) measure(ctx context.Context, to sink.Addresses, peers []string, folder string) ([]export.Result, error) {
	var results []export.Result
	plan, start := p.plan(), export.Processes(filepath.Join(folder, "peer"))
	for i := range plan.Groups {
		g := &plan.Groups[i]
		log.Printf("%d of %d: %s %d", i+1, len(plan.Groups), g.Name(), g.Points)
		more, err := g.Run(ctx, start, to, peers, p.profiles)
		if err != nil {
			return nil, err
		}
		results = append(results, more...)
	}
	for _, cfg := range plan.Memory {
		log.Printf("memory: %s, %d points", cfg.Kind, cfg.Points)
		m := export.Memory{Config: cfg, Program: filepath.Join(folder, "peak"), Peers: peers}
		one, err := m.Run(ctx, to)
		if err != nil {
			return nil, err
		}
		results = append(results, one)
	}
	return results, nil
}

// plan is that of the mode, changed by the flags.
func (p *program) plan() export.Plan {
	plan := export.Quick()
	if p.full {
		plan = export.Full()
	} else if p.memory {
		plan.Memory = export.Full().Memory
	}
	if p.only != "" {
		plan.Only(split(p.only))
	}
	for i := range plan.Groups {
		g := &plan.Groups[i]
		if p.rounds > 0 {
			g.Rounds = p.rounds
		}
		if p.state != "" {
			g.States = []export.State{export.State(p.state)}
		}
	}
	return plan
}

func (p *program) report(results []export.Result, peers []string) error {
	table := export.Table(results, peers)
	fmt.Print(table)
	var errs []error
	if p.csv != "" {
		errs = append(errs, os.WriteFile(p.csv, []byte(export.CSV(results, peers)), 0o644))
	}
	if p.write != "" {
		errs = append(errs, export.Write(p.write, table))
	}
	return errors.Join(errs...)
}
