// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

func TestOf_ReadsTheBuildInformation(t *testing.T) {
	t.Parallel()
	standard := version{Version: "(devel)", Library: "v" + apptuitclient.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if diff := cmp.Diff(standard, of(nil)); diff != "" {
		t.Errorf("without build information:\n%s", diff)
	}
	want := standard
	want.Version, want.Revision, want.Modified = "v1.2.3", "a1b2", true
	got := of(&debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "a1b2"}, {Key: "vcs.modified", Value: "true"}},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := got.text(); !strings.HasPrefix(text, "apptuit v1.2.3 (apptuit-go v") || !strings.HasSuffix(text, "\nrevision a1b2, modified\n") {
		t.Errorf("%q", text)
	}
}

func TestCommand_AsTextAndJSON(t *testing.T) {
	t.Parallel()
	var stdout, stderr strings.Builder
	if code := cli.Run(t.Context(), Command(), []string{"-o", "json"}, nil, &stdout, &stderr); code != cli.OK {
		t.Fatalf("exit code %d, %s", code, stderr.String())
	}
	var v version
	if err := json.Unmarshal([]byte(stdout.String()), &v); err != nil || v.Go != runtime.Version() {
		t.Errorf("%+v, %v", v, err)
	}
}
