// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
)

// took returns a sample of ten points that took so many nanoseconds each.
func took(wall, cpu time.Duration) Sample {
	return Sample{Exports: 1, Points: 10, Wall: 10 * wall, CPU: 10 * cpu, Allocations: 30, Bytes: 1250}
}

func ExampleTable() {
	fmt.Print(Table([]Result{
		{Name: "sum", Points: 10, State: "warm", Peers: map[string]Series{
			"ours":   {took(100, 50), took(200, 60), took(150, 40)},
			"theirs": {took(1000, 500), took(1000, 540), took(3000, 480)},
		}},
		{Name: "sum", Points: 1_000_000, State: "memory", Peak: map[string]Peak{"ours": {Above: 40e6}, "theirs": {Above: 1230e6}}},
	}, []string{"ours", "theirs", "others"}))
	// Output:
	// | data | points | state | ours | allocations | bytes | theirs | allocations | bytes | others |
	// | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
	// | sum | 10 | warm | 150 / 50 | 3.00 | 125 | 1,000 / 500 (10.0× / 10.0×) | 3.00 | 125 | – |
	// | sum | 1,000,000 | memory | +40 MB | – | – | +1,230 MB (30.8×) | – | – | – |
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 4}, 4},
		{[]float64{8, 1, 4, 2}, 3},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v: %v, want %v", c.values, got, c.want)
		}
	}
}

// What disturbs one round alike disturbs no ratio.
func TestTimesComparesRounds(t *testing.T) {
	ours := Series{took(100, 10), took(900, 90), took(300, 30)}
	theirs := Series{took(1000, 20), took(9000, 180), took(3000, 60)}
	if got := theirs.Times(ours, wall); got != 10 {
		t.Errorf("wall: %v", got)
	}
	if got := theirs.Times(ours, cpu); got != 2 {
		t.Errorf("cpu: %v", got)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.4: "1,234,567", -12345: "-12,345"} {
		if got := thousands(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.00123: "0.0012", 0.1: "0.10", 1.234: "1.23", 9.96: "10.0", 99.6: "100", 12345: "12,345"} {
		if got := significant(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	got := CSV([]Result{
		{Name: "sum, SDK", Points: 10, State: "warm", Peers: map[string]Series{"ours": {took(100, 50)}, "theirs": {took(300, 100)}}},
		{Name: "sum", Points: 20, State: "memory", Peak: map[string]Peak{"theirs": {Above: 7, Held: 5}}},
	}, []string{"ours", "theirs"})
	want := `data,points,state,peer,rounds,wall_ns,cpu_ns,allocations,bytes,times_wall,times_cpu,peak_bytes,held_bytes
"sum, SDK",10,"warm","ours",1,100.0,50.0,3.00000,125.00,1.000,1.000,,
"sum, SDK",10,"warm","theirs",1,300.0,100.0,3.00000,125.00,3.000,2.000,,
"sum",20,"memory","theirs",,,,,,,,7,5
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n" + diff)
	}
}

func TestWriteReplacesTheTable(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(name, []byte("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Write(name, "| new |\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("before\n<!-- bench -->\n\n| new |\n\n<!-- /bench -->\nafter\n", string(got)); diff != "" {
		t.Error("(-want +got):\n" + diff)
	}
}

func TestWriteNeedsMarks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(name, []byte("<!-- bench -->\nno end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, "| new |\n"); err == nil {
		t.Error("no error")
	}
	if got, _ := os.ReadFile(name); string(got) != "<!-- bench -->\nno end\n" {
		t.Errorf("the file is now %q", got)
	}
}

func TestParseStatus(t *testing.T) {
	const status = "Name:\tpeak\nVmPeak:\t  900 kB\nVmHWM:\t  123456 kB\nVmRSS:\t  100 kB\n"
	if n, err := parseStatus(status, "VmHWM"); n != 123456<<10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for name, text := range map[string]string{"missing": "Name:\tpeak\n", "no number": "VmHWM:\tmuch kB\n"} {
		if _, err := parseStatus(text, "VmHWM"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What is planned can be measured: there is such data, and each group has us and
// the one that we compare with.
func TestPlans(t *testing.T) {
	for name, plan := range map[string]Plan{"quick": Quick(), "full": Full()} {
		for _, g := range plan.Groups {
			if g.Rounds == 0 || len(g.States) == 0 {
				t.Errorf("%s: %s: %d rounds, %d states", name, g.Name(), g.Rounds, len(g.States))
			}
			for _, state := range g.States {
				if !g.Measures(peer.Apptuit, state) || g.Sending == nil && !g.Measures(peer.OTLPHTTPGzip, state) {
					t.Errorf("%s: %s, %s lacks a peer", name, g.Name(), state)
				}
				if g.Sending != nil {
					continue
				}
				cfg := g.Config
				cfg.Points, cfg.Churn = 10, state == Churn
				source, err := collection.New(cfg)
				if err != nil {
					t.Errorf("%s: %s, %s: %v", name, g.Name(), state, err)
					continue
				}
				if err := source.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestOnly(t *testing.T) {
	plan := Full()
	plan.Only([]string{"histogram", "sum, SDK, delta"})
	var got []string
	for _, g := range plan.Groups {
		got = append(got, fmt.Sprintf("%s %d", g.Name(), g.Points))
	}
	if diff := cmp.Diff([]string{"histogram 120", "histogram 1000", "histogram 10000", "histogram 100000", "sum, SDK, delta 10000"}, got); diff != "" {
		t.Error("(-want +got):\n" + diff)
	}
	if len(plan.Memory) != 1 {
		t.Errorf("memory of %v", plan.Memory)
	}
}
