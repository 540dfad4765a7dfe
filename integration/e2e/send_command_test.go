// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/query"
)

const (
	sentStart = 1781600400 // a multiple of the step
	sentStep  = 15
	sentTimes = 40
)

// sent returns the points of some series of a metric, in the order of their times.
func sent(metric string) []servers.Point {
	var points []servers.Point
	for i := range sentTimes {
		for _, host := range []string{"web1", "a b", `"q", é`} {
			points = append(points, servers.Point{
				Metric: metric, Tags: map[string]string{"host": host, "dc": "x"},
				Time: (sentStart + int64(i)*sentStep) * 1000, Value: float64(i)*1.25 - 7,
			})
		}
	}
	return points
}

// each writes a line for each point.
func each(points []servers.Point, line func(w io.Writer, p servers.Point, seconds int64)) string {
	var b strings.Builder
	for _, p := range points {
		line(&b, p, p.Time/1000)
	}
	return b.String()
}

func jsonLine(w io.Writer, p servers.Point, seconds int64) {
	fmt.Fprintf(w, "{\"metric\":%q,\"timestamp\":%d,\"value\":%v,\"tags\":{\"dc\":\"x\",\"host\":%q}}\n", p.Metric, seconds, p.Value, p.Tags["host"])
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A server has the points of the file, in each format.
func TestSendCommand_Formats(t *testing.T) {
	command := servers.BuildCommand(t)
	onEachBackend(t, func(t *testing.T, b backend) {
		for metric, file := range map[string]string{
			"from_csv": writeFile(t, "points.csv", "metric,dc,host,timestamp,value\n"+each(sent("from_csv"), func(w io.Writer, p servers.Point, s int64) {
				fmt.Fprintf(w, "%s,x,\"%s\",%d,%v\n", p.Metric, strings.ReplaceAll(p.Tags["host"], `"`, `""`), s, p.Value)
			})),
			"from_json": writeFile(t, "points.jsonl", each(sent("from_json"), jsonLine)),
			"from_prometheus": writeFile(t, "points.prom", "# TYPE from_prometheus gauge\n"+each(sent("from_prometheus"), func(w io.Writer, p servers.Point, s int64) {
				fmt.Fprintf(w, "%s{dc=\"x\",host=%q} %v %d\n", p.Metric, p.Tags["host"], p.Value, s*1000)
			})),
		} {
			if out, code := command.Run(t, nil, "send", "--from", file, "--endpoint", b.endpoint, "--server", b.server.String()); code != 0 || !strings.Contains(string(out), "120 points read: 120 accepted") {
				t.Errorf("%s: exit code %d, %s", metric, code, out)
			}
			b.holds(t, sent(metric), metric)
		}
		lines := writeFile(t, "points.txt", each(sent("from_telnet")[:1], func(w io.Writer, p servers.Point, s int64) {
			fmt.Fprintf(w, "put %s %d %v dc=x host=web1\n", p.Metric, s, p.Value)
		}))
		if _, code := command.Run(t, nil, "send", "--from", lines, "--endpoint", b.endpoint, "--server", b.server.String()); code != 0 {
			t.Errorf("exit code %d", code)
		}
		b.holds(t, sent("from_telnet")[:1], "from_telnet")
		if _, code := command.Run(t, nil, "send", "--endpoint", b.endpoint, "--server", b.server.String(), "--timestamp", "1781600400", "--", "from_arguments", "-2.5", "dc=x"); code != 0 {
			t.Errorf("exit code %d", code)
		}
		b.holds(t, []servers.Point{{Metric: "from_arguments", Tags: map[string]string{"dc": "x"}, Time: 1781600400000, Value: -2.5}}, "from_arguments")
	})
}

// The long form of a query is sent to another server, which then has the same points.
func TestSendCommand_TakesTheLongFormOfQuery(t *testing.T) {
	t.Parallel()
	command := servers.BuildCommand(t)
	from, to := servers.StartVictoriaMetrics(t), servers.StartVictoriaMetrics(t)
	send := func(v *servers.VictoriaMetrics, file string) {
		t.Helper()
		if _, code := command.Run(t, nil, "send", "--from", file, "--endpoint", v.Endpoint(), "--server", "victoriametrics"); code != 0 {
			t.Fatalf("exit code %d", code)
		}
	}
	want := sent("copied")
	send(from, writeFile(t, "points.jsonl", each(want, jsonLine)))
	from.Points(t, "copied") // flushes them
	q := query.New(newClient(t, from.URL(), apptuitclient.WithoutEnvironmentTags()))
	result, err := q.QueryRange(within(t, 30*time.Second), "copied", time.Unix(sentStart, 0), time.Unix(sentStart+(sentTimes-1)*sentStep, 0), sentStep*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := result.Outputs[0].Long().WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	send(to, writeFile(t, "copied.csv", text.String()))
	if diff := servers.Diff(want, to.Points(t, "copied"), servers.VictoriaMetricsTolerance); diff != "" {
		t.Error(diff)
	}
}

// A backfill that begins during an outage is completed when the server is back.
func TestSendCommand_ContinuesAfterAnOutage(t *testing.T) {
	t.Parallel()
	command := servers.BuildCommand(t)
	v := servers.StartVictoriaMetrics(t)
	const n = 25_000
	var text strings.Builder
	var want []servers.Point
	for i := range n {
		fmt.Fprintf(&text, "put filled %d %d h=a\n", sentStart+i, i)
		want = append(want, servers.Point{Metric: "filled", Tags: map[string]string{"h": "a"}, Time: (sentStart + int64(i)) * 1000, Value: float64(i)})
	}
	args := []string{
		"send", "--from", writeFile(t, "points.txt", text.String()), "--checkpoint", filepath.Join(t.TempDir(), "checkpoint"),
		"--endpoint", v.Endpoint(), "--server", "victoriametrics",
	}
	v.Stop(t)
	if out, code := command.Run(t, []string{"APPTUIT_RETRY_MAX_ELAPSED_TIME=100ms"}, args...); code != 1 || !strings.Contains(string(out), " 0 accepted") {
		t.Errorf("exit code %d, %s", code, out)
	}
	v.Restart(t)
	for i, accepted := range []string{"25000 points read: 25000 accepted", "0 points read"} {
		if out, code := command.Run(t, nil, args...); code != 0 || !strings.Contains(string(out), accepted) {
			t.Errorf("run %d: exit code %d, %s", i, code, out)
		}
	}
	if diff := servers.Diff(want, v.Points(t, "filled"), servers.VictoriaMetricsTolerance); diff != "" {
		t.Error(diff)
	}
}
