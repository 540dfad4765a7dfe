// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"errors"
	"io/fs"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// verification is the result of --verify in JSON.
type verification struct {
	Dir   string `json:"dir"`
	Whole int    `json:"whole"` // files without a fault
	Bad   []bad  `json:"bad"`
}

type bad struct {
	File  string `json:"file"`
	Error string `json:"error"`
}

// verify reads every file, and names the damaged ones.
func (r *run) verify(ctx context.Context) error {
	result := verification{Dir: r.dir, Bad: []bad{}}
	for f, err := range r.view.Files() {
		if err == nil {
			r.progress.Set("%s read: %s", amount.Of(result.Whole+len(result.Bad), "file"), f.Path)
			err = client.CheckStored(ctx, r.opener(f))
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		switch {
		case errors.Is(err, fs.ErrNotExist): // the program has delivered it meanwhile
		case err == nil:
			result.Whole++
		default:
			result.Bad = append(result.Bad, bad{r.path(f.Path), err.Error()})
			if r.asJSON() {
				continue
			}
			if err := r.printf("%s: %v\n", r.path(f.Path), err); err != nil {
				return err
			}
		}
	}
	if err := r.writeVerification(&result); err != nil {
		return err
	}
	if len(result.Bad) > 0 {
		return cli.ErrFailed // the output names the files
	}
	return nil
}

func (r *run) writeVerification(v *verification) error {
	if r.asJSON() {
		return cli.WriteJSON(r.stdout, v)
	}
	return r.printf("%s: %s whole, %d damaged\n", v.Dir, amount.Of(v.Whole, "file"), len(v.Bad))
}
