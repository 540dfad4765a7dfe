// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package version is the subcommand that shows the version of the program.
package version

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Long:  "Show the versions of the command, of its library and of Go, and the revision of the source.",
		Example: `  apptuit version
  apptuit version -o json`,
		Args: cobra.NoArgs,
	}
	output := cli.AddChoice(c, "output", "o", "Format", "text", "json")
	c.RunE = func(c *cobra.Command, _ []string) error {
		build, _ := debug.ReadBuildInfo()
		v := of(build)
		if output.String() == "json" {
			return json.NewEncoder(c.OutOrStdout()).Encode(v)
		}
		_, err := fmt.Fprint(c.OutOrStdout(), v.text())
		return err
	}
	return c
}

// version describes the build of the program.
type version struct {
	Version  string `json:"version"` // of the module, "(devel)" if it was built from a clone without tags
	Library  string `json:"library"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // since the revision
}

// of returns the version of a build. build is nil if the program was built without modules.
func of(build *debug.BuildInfo) version {
	v := version{
		Version: "(devel)", Library: "v" + apptuitclient.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if build == nil {
		return v
	}
	if build.Main.Version != "" {
		v.Version = build.Main.Version
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v version) text() string {
	text := fmt.Sprintf("apptuit %s (apptuit-go %s, %s, %s)\n", v.Version, v.Library, v.Go, v.Platform)
	if v.Revision != "" {
		text += "revision " + v.Revision
		if v.Modified {
			text += ", modified"
		}
		text += "\n"
	}
	return text
}
