// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// Package query sends queries in Apptuit's language or in PromQL. OpenTSDB supports neither: both return
// errors with its answer.
func TestQuery_ReportsOpenTSDBsAnswer(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	q := query.New(newClient(t, o))
	end := time.Now()
	start := end.Add(-time.Hour)
	_, native := q.Query(within(t, time.Minute), "fetch('cpu')", start, end)
	_, promQL := q.QueryRange(within(t, time.Minute), "cpu", start, end, time.Minute)
	for _, c := range []struct {
		name    string
		err     error
		status  int
		message string
	}{
		{"native", native, http.StatusBadRequest, "Missing sub queries"},
		{"PromQL", promQL, http.StatusNotFound, "Page Not Found"},
	} {
		var status *apptuitclient.StatusError
		if !asStatus(c.err, &status) || status.StatusCode != c.status || !strings.HasPrefix(status.Message, c.message) {
			t.Errorf("%s: %v, want %d %s", c.name, c.err, c.status, c.message)
		}
	}
}

// The OpenTSDB on Maven Central does not report its version.
func TestVersion_IsNotReported(t *testing.T) {
	t.Parallel()
	a := shared.opentsdb(t).Get(t, "/api/version", nil)
	var version struct{ Version string }
	if err := json.Unmarshal([]byte(a.Body), &version); err != nil || a.Status != http.StatusOK || version.Version != "BuildData" {
		t.Errorf("%d %s, error %v", a.Status, a.Body, err)
	}
}
