// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// childVariable is the environment variable that makes the test binary run the program instead of
// tests.
const childVariable = "AUTOEXPORT_EXAMPLE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// commands returns the blocks of shell commands in the README.
func commands(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, rest := range strings.Split(string(readme), "```sh\n")[1:] {
		block, _, closed := strings.Cut(rest, "```")
		if !closed {
			t.Fatal("README.md: a block is not closed")
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// shell runs a block of commands with the program in place of "go run .". Before, it replaces texts
// of the block by the map replace. Each of these texts must occur.
func shell(t *testing.T, block string, replace map[string]string) (output string, err error) {
	t.Helper()
	replace["go run ."] = `"$PROGRAM"`
	for old, text := range replace {
		if !strings.Contains(block, old) {
			t.Fatalf("the commands of the README do not contain %q:\n%s", old, block)
		}
		block = strings.ReplaceAll(block, old, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", block)
	c.Env = append(os.Environ(), childVariable+"=yes", "PROGRAM="+os.Args[0])
	text, err := c.CombinedOutput()
	return string(text), err
}

// metrics returns the last received point of each metric, without the exporter's own metrics.
func metrics(server *apptuittest.Server) map[string]apptuittest.Point {
	arrived := map[string]apptuittest.Point{}
	for _, p := range server.Points() {
		if !strings.HasPrefix(p.Metric, "apptuit_") {
			arrived[p.Metric] = p
		}
	}
	return arrived
}

// otlpServer starts an OTLP server. The function sent checks that the server has received metrics.
func otlpServer(t *testing.T) (url string, sent func()) {
	t.Helper()
	paths := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		paths <- r.URL.Path
	}))
	t.Cleanup(server.Close)
	return server.URL, func() {
		t.Helper()
		select {
		case path := <-paths:
			if path != "/v1/metrics" {
				t.Errorf("the OTLP server received a request for %s", path)
			}
		default:
			t.Error("the OTLP server received no request")
		}
	}
}

func TestREADME_CommandsRun(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("NOT TESTED: the commands of the README, because there is no shell")
	}
	blocks := commands(t)
	if len(blocks) != 4 {
		t.Fatalf("the README has %d blocks of commands, want the four that this test runs", len(blocks))
	}

	t.Run("OTLP", func(t *testing.T) {
		t.Parallel()
		url, sent := otlpServer(t)
		output, err := shell(t, blocks[0], map[string]string{"http://127.0.0.1:4318": url})
		if err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		sent()
	})

	t.Run("Apptuit", func(t *testing.T) {
		t.Parallel()
		server := apptuittest.NewServer(apptuittest.WithToken("secret"))
		defer server.Close()
		output, err := shell(t, blocks[1], map[string]string{
			// The command uses Apptuit's endpoint, which is the default. The test sets the endpoint of its server.
			"APPTUIT_API_TOKEN=...": "APPTUIT_API_TOKEN=secret APPTUIT_ENDPOINT=" + server.URL,
		})
		if err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		orders := metrics(server)["orders"]
		if orders.Value != "10" || orders.Tags["service_name"] != "shop" || orders.Tags["country"] != "ch" {
			t.Errorf("orders arrived as %v", orders)
		}
	})

	t.Run("VictoriaMetrics", func(t *testing.T) {
		t.Parallel()
		server := apptuittest.NewServer()
		defer server.Close()
		output, err := shell(t, blocks[2], map[string]string{"http://127.0.0.1:4242": server.URL})
		if err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		arrived := metrics(server)
		orders := arrived["orders"]
		if orders.Value != "10" || orders.Tags["env"] != "test" || orders.Tags["team"] != "shop" || orders.Tags["host"] == "" {
			t.Errorf("orders arrived as %v", orders)
		}
		if last := arrived["order_duration_bucket"]; last.Value != "10" || last.Tags["le"] != "+Inf" {
			t.Errorf("the last bucket arrived as %v", last)
		}
		for _, name := range []string{"order_duration_count", "order_duration_sum", "order_duration_max"} {
			if _, ok := arrived[name]; !ok {
				t.Errorf("%s did not arrive", name)
			}
		}
	})

	t.Run("both", func(t *testing.T) {
		t.Parallel()
		url, sent := otlpServer(t)
		server := apptuittest.NewServer(apptuittest.WithToken("secret"))
		defer server.Close()
		output, err := shell(t, blocks[3], map[string]string{
			"APPTUIT_API_TOKEN=...": "APPTUIT_API_TOKEN=secret APPTUIT_ENDPOINT=" + server.URL,
			"http://127.0.0.1:4318": url,
		})
		if err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		if orders := metrics(server)["orders"]; orders.Value != "10" {
			t.Errorf("orders arrived as %v", orders)
		}
		sent()
	})
}

// Without a token, the program fails with an error that names the variable.
func TestRun_WithoutTokenFails(t *testing.T) {
	output, err := shell(t, "OTEL_METRICS_EXPORTER=apptuit go run .", map[string]string{})
	if err == nil || !strings.Contains(output, "APPTUIT_API_TOKEN") {
		t.Errorf("the program ended with %v:\n%s", err, output)
	}
}
