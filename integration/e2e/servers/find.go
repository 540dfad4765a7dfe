// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// find returns the path of a server's program. It also looks in folders of Debian that are not in the PATH
// of users.
func find(t testing.TB, program, debianPackage string) string {
	t.Helper()
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path
		}
	}
	const missing = "%s is not installed: apt-get install %s"
	if os.Getenv("CI") == "true" {
		t.Fatalf(missing, program, debianPackage)
	}
	t.Skipf("NOT TESTED: "+missing, program, debianPackage)
	return ""
}
