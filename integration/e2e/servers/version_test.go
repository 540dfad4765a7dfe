// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import "testing"

func TestVersions(t *testing.T) {
	t.Parallel()
	f := func(parse func(string) (string, error), text, want string) {
		t.Helper()
		if got, err := parse(text); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, error %v, want %q", text, got, err, want)
		}
	}
	f(versionIn, "InfluxDB v1.6.7~rc0 (git: unknown unknown)", "1.6.7")
	f(versionIn, "nginx version: nginx/1.22.1\n", "1.22.1")
	f(versionIn, "1.79.5+ds1-2+b5", "1.79.5")
	f(versionIn, "unknown", "")
	f(prometheusVersion, "v0.316.0", "3.16.0")
	f(prometheusVersion, "v0.305.1", "3.5.1")
	f(prometheusVersion, "v0.55.1", "")
	f(prometheusVersion, "3.16.0", "")
}
