// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

// Peak is the memory that exporting takes, in bytes, with the garbage collector
// as it is by default.
type Peak struct {
	Live     int64 // of the heap before the first export: the input
	Resident int64 // of the process before the first export
	Above    int64 // the most that the process had later, above Resident, with garbage that was not yet collected
	Held     int64 // of the heap after the last export, above Live: what the exporter keeps
	Points   int64 // exported in all, as the exporter's protocol counts them
}

// exports is how many collections are exported for a peak: a cold one and two
// warm ones.
const exports = 3

// MeasurePeak exports collections with an exporter that is alone in its process,
// and returns what that took. It needs /proc.
func MeasurePeak(ctx context.Context, to *sink.Client, name string, cfg collection.Config) (Peak, error) {
	var peak Peak
	p, err := peerFor(&cfg, name)
	if err != nil {
		return peak, err
	}
	source, err := collection.New(cfg)
	if err != nil {
		return peak, err
	}
	rm, err := source.Next(ctx)
	if err != nil {
		return peak, err
	}
	debug.FreeOSMemory()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak.Live = int64(before.HeapAlloc)
	if peak.Resident, err = resident("VmRSS"); err != nil {
		return peak, err
	}
	// From here on VmHWM is the most since now (proc(5), clear_refs).
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return peak, err
	}

	exporter, err := p.New(ctx, targetOf(to))
	if err != nil {
		return peak, err
	}
	for range exports {
		if err := exporter.Export(ctx, rm); err != nil {
			return peak, errors.Join(err, exporter.Shutdown(ctx))
		}
		peak.Points += int64(p.Points(rm))
		if rm, err = source.Next(ctx); err != nil {
			return peak, errors.Join(err, exporter.Shutdown(ctx))
		}
	}
	most, err := resident("VmHWM")
	peak.Above = most - peak.Resident
	debug.FreeOSMemory()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	peak.Held = int64(after.HeapAlloc) - peak.Live
	runtime.KeepAlive(rm)
	return peak, errors.Join(err, exporter.Shutdown(ctx), source.Close())
}

// PrintPeak measures as the arguments of a program say, and writes the [Peak] as
// JSON.
func PrintPeak(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("peak", flag.ContinueOnError)
	name := flags.String("peer", peer.Apptuit, "the exporter")
	kind := flags.String("kind", string(collection.Sum), "what the data points are")
	points := flags.Int("points", 1_000_000, "data points in a collection")
	var at sink.Addresses
	flags.StringVar(&at.Data, "data", "", "the sink's address for data")
	flags.StringVar(&at.Control, "control", "", "the sink's address for control")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	peak, err := MeasurePeak(ctx, sink.NewClient(at), *name, collection.Config{Kind: collection.Kind(*kind), Points: *points})
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(peak)
}

// Memory has peaks measured, each in a process of its own.
type Memory struct {
	collection.Config
	Program string // calls [PrintPeak]
	Peers   []string
}

// Run measures.
func (m *Memory) Run(ctx context.Context, to sink.Addresses) (Result, error) {
	result := Result{Name: string(m.Kind), Points: m.Points, State: "peak of memory", Peak: map[string]Peak{}}
	for _, name := range m.Peers {
		peak, err := m.peak(ctx, to, name)
		if err != nil {
			return result, fmt.Errorf("%s: %w", name, err)
		}
		result.Peak[name] = peak
	}
	return result, nil
}

func (m *Memory) peak(ctx context.Context, to sink.Addresses, name string) (Peak, error) {
	var peak Peak
	command := exec.CommandContext(ctx, m.Program, "-peer", name, "-kind", string(m.Kind), "-points", strconv.Itoa(m.Points),
		"-data", to.Data, "-control", to.Control)
	command.Env = environment()
	command.Stderr = os.Stderr
	line, err := command.Output()
	if err != nil {
		return peak, err
	}
	return peak, json.Unmarshal(line, &peak)
}
