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

// childVariable makes the test binary run the program instead of tests.
const childVariable = "YAML_EXAMPLE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") || name == "ENVIRONMENT" {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the README's code blocks in a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var list []string
	for _, rest := range strings.Split(read(t, "README.md"), "```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(rest, "```")
		list = append(list, block)
	}
	return list
}

// shell runs commands with the program in place of "go run .", after the replacement of other
// texts, each of which must occur.
func shell(t *testing.T, commands string, replace map[string]string) (output string, err error) {
	t.Helper()
	replace["go run ."] = `"$PROGRAM"`
	for old, text := range replace {
		if !strings.Contains(commands, old) {
			t.Fatalf("the commands have no %q:\n%s", old, commands)
		}
		commands = strings.ReplaceAll(commands, old, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", commands)
	c.Env = append(os.Environ(), childVariable+"=yes", "PROGRAM="+os.Args[0])
	text, err := c.CombinedOutput()
	return string(text), err
}

// arrived returns the last point of each metric that a server has received.
func arrived(srv *apptuittest.Server) map[string]apptuittest.Point {
	points := map[string]apptuittest.Point{}
	for _, p := range srv.Points() {
		points[p.Metric] = p
	}
	return points
}

func TestREADME_CommandsRun(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("NOT TESTED: the commands of the README, because there is no shell")
	}
	commands := blocks(t, "sh")
	if len(commands) != 3 {
		t.Fatalf("the README has %d blocks of commands, not the three that are run here", len(commands))
	}

	t.Run("OTLP", func(t *testing.T) {
		t.Parallel()
		paths := make(chan string, 100)
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			paths <- r.URL.Path
		}))
		defer srv.Close()
		if output, err := shell(t, commands[0], map[string]string{"http://127.0.0.1:4318": srv.URL}); err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		select {
		case path := <-paths:
			if path != "/v1/metrics" {
				t.Errorf("the server was asked for %s", path)
			}
		default:
			t.Error("nothing was sent")
		}
	})

	t.Run("Apptuit", func(t *testing.T) {
		t.Parallel()
		srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
		defer srv.Close()
		// The default endpoint is Apptuit's. The test sets that of its server.
		replace := map[string]string{"APPTUIT_API_TOKEN=...": "APPTUIT_API_TOKEN=secret APPTUIT_ENDPOINT=" + srv.URL}
		if output, err := shell(t, commands[1], replace); err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		points := arrived(srv)
		if p := points["orders"]; p.Value != "10" || p.Tags["service_name"] != "shop" || p.Tags["country"] != "ch" || p.Tags["env"] != "test" || p.Tags["host"] == "" {
			t.Errorf("orders arrived as %v", p)
		}
		buckets := 0
		for _, p := range srv.Points() {
			if p.Metric == "order_duration_bucket" {
				buckets++
			}
		}
		if buckets != 4 || points["order_duration_bucket"].Value != "10" {
			t.Errorf("%d buckets, want those 4 of the view; the last is %v", buckets, points["order_duration_bucket"])
		}
		for _, name := range []string{"order_duration_count", "order_duration_sum", "order_duration_max"} {
			if _, ok := points[name]; !ok {
				t.Errorf("%s did not arrive", name)
			}
		}
	})

	t.Run("VictoriaMetrics", func(t *testing.T) {
		t.Parallel()
		srv := apptuittest.NewServer()
		defer srv.Close()
		if output, err := shell(t, commands[2], map[string]string{"http://127.0.0.1:4242": srv.URL}); err != nil {
			t.Fatalf("%v:\n%s", err, output)
		}
		if p := arrived(srv)["orders"]; p.Value != "10" || p.Tags["env"] != "production" {
			t.Errorf("orders arrived as %v", p)
		}
	})
}

// The two files differ only in the parts that the README shows.
func TestDocuments_DifferInExporter(t *testing.T) {
	shown := blocks(t, "yaml")
	if len(shown) != 2 {
		t.Fatalf("the README has %d parts of documents", len(shown))
	}
	if got := strings.Replace(read(t, "otlp.yaml"), shown[0], shown[1], 1); got != read(t, "otel.yaml") {
		t.Error("otlp.yaml with the other exporter of the README is not otel.yaml")
	}
}

// Without the token, the program ends with an error that names the key.
func TestRun_WithoutTokenFails(t *testing.T) {
	output, err := shell(t, "OTEL_CONFIG_FILE=otel.yaml go run .", map[string]string{})
	if err == nil || !strings.Contains(output, "otel.yaml: ") || !strings.Contains(output, "line 13: ") || !strings.Contains(output, "APPTUIT_API_TOKEN") {
		t.Errorf("the program ended with %v:\n%s", err, output)
	}
}
