// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/query"
)

func (c *command) execute(cmd *cobra.Command, stdout io.Writer) error {
	result, err := c.ask(cmd.Context(), func(err error) { cli.Say(cmd, "%v", err) })
	if err != nil {
		return err
	}
	for _, w := range result.Warnings {
		cli.Say(cmd, "the server warns: %s", w)
	}
	if c.outputID != "" {
		o, ok := result.Output(c.outputID)
		if !ok {
			return fmt.Errorf("the answer has no output %q: it has %s", c.outputID, outputIDs(result))
		}
		result.Outputs = []query.Output{o}
	}
	if points(result) == 0 {
		cli.Say(cmd, "no points from %s to %s", c.start.In(c.zone).Format(time.RFC3339), c.until().In(c.zone).Format(time.RFC3339))
	}
	text, err := c.render(result)
	if err != nil {
		return err
	}
	return c.write(text, stdout)
}

func points(r *query.Result) int {
	n := 0
	for _, o := range r.Outputs {
		for i := range o.Series {
			n += o.Series[i].Len()
		}
	}
	return n
}
