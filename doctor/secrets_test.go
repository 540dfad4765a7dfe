// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import "testing"

// The user information of a URL is a secret, even if net/url cannot parse the URL.
func TestSecrets_OfURLs(t *testing.T) {
	for _, text := range []string{
		"http://me:5ecret@proxy:3128", "http://me:5ecret%zz@proxy:3128", "me:5ecret@proxy:3128", "me:5ecret@proxy//x", "//me:5ecret@proxy//x",
	} {
		var s secrets
		s.keepURL(text)
		noSecrets(t, s.clean(text+": not a URL"))
	}
	t.Setenv("APPTUIT_PROXY", "me:5ecret@proxy//x")
	doctor(t, WithoutProbe()).has(t, "failed", "configuration", "APPTUIT_PROXY")
}
