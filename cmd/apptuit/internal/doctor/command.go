// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package doctor is the subcommand that finds out why no data arrives. The checks are in package
// doctor of the root module.
package doctor

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/doctor"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/amount"
)

// defaultTimeout limits all checks together.
const defaultTimeout = 30 * time.Second

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why no data arrives",
		Long: `Check why the metrics of a program do not arrive at its server: the settings and their
sources, the document of OTEL_CONFIG_FILE, the spool, proxy, DNS, TCP, TLS and token. Then
the doctor sends a test point and queries it back. Each finding that is not ok comes with
advice.

Run the command on the machine and with the environment of the program. Flags replace the
options that the program sets in code. The report never shows tokens and passwords.

The doctor writes six points of the metric apptuit.doctor.probe with the tag source=doctor.
With --no-probe it writes nothing. It inspects a spool without opening it.

The exit code is 0 if no check failed (there may be warnings), 1 if a check failed, and 2 if
a flag is wrong.`,
		Example: `  apptuit doctor
  apptuit doctor --endpoint http://127.0.0.1:4242 --query-endpoint http://127.0.0.1:8428
  apptuit doctor --no-probe -o json`,
		Args: noArguments,
	}
	f := &flags{connection: connection.Add(c, defaultTimeout)}
	f.connection.AddSending(c)
	c.Flags().StringVar(&f.queryEndpoint, "query-endpoint", "", "Base `URL` of the query API, if it differs from the endpoint")
	c.Flags().StringVar(&f.prometheusPath, "prometheus-path", "/prometheus", "`PATH` of the PromQL API below the query endpoint; \"\" for Prometheus itself")
	c.Flags().BoolVar(&f.noProbe, "no-probe", false, "Send no test point, and create no file in the folder of the spool")
	f.output = cli.AddChoice(c, "output", "o", "Format of the report", "text", "json")
	c.RunE = func(c *cobra.Command, _ []string) error { return f.run(c) }
	return c
}

// noArguments refuses arguments. The error does not quote them, since they may be secrets.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("the command takes no arguments, and %s given", amount.Are(len(args), "argument"))
	}
	return nil
}

type flags struct {
	connection                    *connection.Flags
	queryEndpoint, prometheusPath string
	noProbe                       bool
	output                        *cli.Choice
}

func (f *flags) run(c *cobra.Command) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	ctx, cancel := f.connection.Limit(c.Context())
	defer cancel()
	progress := terminal.NewProgress(c.ErrOrStderr())
	defer progress.Stop()
	stdout := progress.Around(c.OutOrStdout())
	var printed error
	found := func(doctor.Finding) {}
	if f.output.String() == "text" {
		colors := terminal.ColorsFor(c.OutOrStdout())
		found = func(f doctor.Finding) {
			_, err := fmt.Fprintln(stdout, colored(colors, f))
			printed = errors.Join(printed, err)
		}
	}
	started := func(check string) { progress.Set("checking: %s", check) }
	report := doctor.Run(ctx, append(options, doctor.WithProgress(started, found))...)
	progress.Stop()
	if err := errors.Join(printed, f.end(stdout, report)); err != nil {
		return err
	}
	if report.Verdict() == doctor.Failed {
		return cli.ErrFailed // the report names the checks
	}
	return nil
}

// end writes the verdict as text, or the whole report as JSON.
func (f *flags) end(stdout io.Writer, report *doctor.Report) error {
	if f.output.String() == "text" {
		_, err := fmt.Fprintf(stdout, "\n%s\n", report.Summary())
		return err
	}
	return cli.WriteJSON(stdout, report)
}

// options returns the options of the checks. Its error joins the faults of the flags.
func (f *flags) options() ([]doctor.Option, error) {
	options, err := f.connection.Options()
	if f.queryEndpoint != "" {
		if _, fault := connection.ParseURL(f.queryEndpoint); fault != nil {
			err = cli.Usage(errors.Join(err, fmt.Errorf("--query-endpoint: %w", fault)))
		}
	}
	if err != nil {
		return nil, err
	}
	all := []doctor.Option{doctor.WithQueryEndpoint(f.queryEndpoint), doctor.WithPrometheusPath(f.prometheusPath)}
	if len(options) > 0 {
		all = append(all, doctor.WithExporterOptions(exporter.WithClientOptions(options...)))
	}
	all = append(all, configFile()...)
	for setting, value := range f.connection.Given() {
		all = append(all, doctor.WithSource(setting, "--"+connection.Names()[setting], value))
	}
	if f.noProbe {
		all = append(all, doctor.WithoutProbe())
	}
	return all, nil
}

// colored returns a finding with its status in a colour.
func colored(c terminal.Colors, f doctor.Finding) string {
	paint := map[doctor.Status]func(string) string{
		doctor.OK: c.Green, doctor.Skipped: c.Faint, doctor.Warning: c.Yellow, doctor.Failed: c.Red,
	}[f.Status]
	text := f.String()
	status := f.Status.String()
	return paint(status) + text[len(status):]
}
