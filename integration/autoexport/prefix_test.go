// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/autoexport"
)

func TestNewMetricReader_ErrorHasOnePrefix(t *testing.T) {
	t.Setenv("APPTUIT_ENDPOINT", "ftp://x")
	t.Setenv("APPTUIT_QUANTILES", "2")
	_, err := autoexport.NewMetricReader(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "apptuit autoexport: APPTUIT_QUANTILES: ") || strings.Count(err.Error(), "apptuit") != 1 ||
		!strings.Contains(err.Error(), "\nAPPTUIT_ENDPOINT: ") {
		t.Errorf("%v", err)
	}
}
