// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"os"
	"runtime"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// checkTokenFile reports whether other users can read the file with the token.
func checkTokenFile(_ context.Context, r *run, f *findings) {
	name := r.tokenFile()
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	if err != nil {
		return // checkConfiguration reports it
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		f.warn("Other users of this machine may read the token. If none of them needs it, run chmod 600.", "%s has mode %04o", name, mode)
		return
	}
	f.ok("only its owner can read %s", name)
}

// tokenFile returns the name of the file with the token, or "" if the token does not come from a file.
func (r *run) tokenFile() string {
	s, from := r.inEffect("token")
	if s.secret != table.SecretFile {
		return ""
	}
	return from.value
}
