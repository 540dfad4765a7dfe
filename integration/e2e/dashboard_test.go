// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// dashboard has the fields of a Grafana dashboard that the test uses.
type dashboard struct {
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []panel
}

type panel struct {
	Title   string
	Panels  []panel // of a row that is collapsed
	Targets []struct {
		Datasource struct{ Type, UID string }
		Expr       string
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("../../examples/httpservice/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// grafana replaces the variables of Grafana by values.
var grafana = strings.NewReplacer(
	"$__rate_interval", "1m",
	"$service", "httpservice",
	"$host", ".*", // the value of All
)

// selector matches the selectors of series in PromQL. All selectors of the dashboard have braces.
var selector = regexp.MustCompile(`\w+\{[^}]*\}`)

// labelValues matches the query of a variable: a selector or a name, and a label.
var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// The example service runs, and VictoriaMetrics gets the queries of its dashboard, as Grafana sends them.
func TestDashboard_EachPanelReturnsData(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t)
	from := time.Now()
	answered := useService(t, v.Endpoint())
	to := time.Now().Add(time.Second)

	// The last export has the final values of the counters. VictoriaMetrics answers queries without the
	// last second, but its export API returns all points.
	last := map[string]servers.Point{}
	for _, p := range v.Points(t, "http_server_request_duration_count") {
		series := p.Tags["http_route"] + " " + p.Tags["http_response_status_code"]
		if p.Time >= last[series].Time {
			last[series] = p
		}
	}
	var counted float64
	for _, p := range last {
		counted += p.Value
	}
	if counted != answered {
		t.Errorf("%v requests were answered, %v are in VictoriaMetrics", answered, counted)
	}

	finds := func(query string) bool {
		points := v.QueryRange(t, query, from, to, time.Second)
		return slices.ContainsFunc(points, func(p servers.Point) bool { return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) })
	}
	d := readDashboard(t)
	panels := 0
	for all := d.Panels; len(all) > 0; all = all[1:] {
		p := all[0]
		all = append(all, p.Panels...)
		for _, target := range p.Targets {
			panels++
			if target.Datasource.Type != "prometheus" || target.Datasource.UID != "${datasource}" {
				t.Errorf("panel %q asks the data source %+v", p.Title, target.Datasource)
			}
			query := grafana.Replace(target.Expr)
			if strings.Contains(query, "$") {
				t.Errorf("panel %q: a variable without a value in %s", p.Title, target.Expr)
			}
			if !finds(query) {
				t.Errorf("panel %q shows nothing: %s", p.Title, query)
			}
			// The right side of an "or" could hide that the left side has no data.
			for _, s := range selector.FindAllString(query, -1) {
				if !finds(s) {
					t.Errorf("panel %q: no series %s of %s", p.Title, s, query)
				}
			}
		}
	}
	if panels == 0 {
		t.Error("the dashboard has no panels")
	}
	for _, variable := range d.Templating.List {
		if variable.Type != "query" {
			continue
		}
		query := labelValues.FindStringSubmatch(variable.Definition)
		if query == nil {
			t.Errorf("variable %q: unknown query %q", variable.Name, variable.Definition)
		} else if !finds("count by (" + query[2] + ") (" + grafana.Replace(query[1]) + ") unless count(" + grafana.Replace(query[1]) + ")") {
			t.Errorf("variable %q has no values: %s", variable.Name, variable.Definition)
		}
	}
}

// useService builds the example service, sends requests for some seconds, ends the service by SIGTERM, and
// returns the number of requests that were answered.
func useService(t *testing.T, endpoint string) (answered float64) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "httpservice")
	build := exec.CommandContext(within(t, 5*time.Minute), "go", "build", "-o", program, ".")
	build.Dir = "../../examples/httpservice"
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}

	service := exec.CommandContext(within(t, time.Minute), program, "-addr", "127.0.0.1:0", "-interval", "1s")
	// It is to collect garbage within seconds.
	service.Env = append(os.Environ(), "APPTUIT_ENDPOINT="+endpoint, "GOGC=5")
	var log strings.Builder
	service.Stderr = &log
	out, err := service.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if found {
		answered = makeRequests(within(t, 20*time.Second), t, url, 4*time.Second)
	} else {
		t.Errorf("the service says %q, %v", line, err)
	}
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if err := service.Wait(); err != nil {
		t.Fatalf("the service ended: %v, with %q", err, log.String())
	}
	return answered
}

// makeRequests sends requests of each kind, one after the other.
func makeRequests(ctx context.Context, t *testing.T, url string, d time.Duration) (answered float64) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		for _, path := range []string{"/", "/fail/404", "/fail/503", "/nowhere", "/slow?for=10ms"} {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Errorf("GET %s: %v", path, err)
				return answered
			}
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if err != nil {
				t.Errorf("GET %s: %v", path, err)
				return answered
			}
			answered++
		}
	}
	return answered
}
