// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os"
	"runtime"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// checkTokenFile looks at who can read the file with the token.
func checkTokenFile(_ context.Context, r *run, f *findings) {
	name := r.tokenFile()
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	if err != nil {
		return // which is a fault of the configuration
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		f.warn("Others on this machine can use it. chmod 600, if nobody else needs it.", "%s has mode %04o", name, mode)
		return
	}
	f.ok("%s is for its owner only", name)
}

// tokenFile returns the name of the file that the token comes from.
func (r *run) tokenFile() string {
	s, from := r.inEffect("token")
	if s.secret != table.SecretFile {
		return ""
	}
	return from.value
}
