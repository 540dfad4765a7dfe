// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/query"
)

// refuseTerminal keeps binary data off a terminal.
func (c *command) refuseTerminal(stdout io.Writer) error {
	if c.file == "" && c.format.binary() && terminal.Is(stdout) {
		return fmt.Errorf("%s is nothing for a terminal: give -f FILE, or redirect the output", c.format)
	}
	return nil
}

// write puts all of it where it belongs. A file is touched only now, when there
// is an answer.
func (c *command) write(text []byte, stdout io.Writer) error {
	if c.file == "" {
		_, err := stdout.Write(text)
		return err
	}
	return os.WriteFile(c.file, text, 0o666)
}

func outputIDs(r *query.Result) string {
	ids := make([]string, len(r.Outputs))
	for i, o := range r.Outputs {
		ids[i] = strconv.Quote(o.ID)
	}
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}
