#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Tests integration/e2e against a release of VictoriaMetrics, for example v1.151.0, which is built once, in .tools/.
set -euo pipefail

version=$1
dir=$PWD/.tools/victoria-metrics-$version
program=$dir/victoria-metrics

if [[ ! -x $program ]]; then
	echo "building VictoriaMetrics $version (once; it takes a minute)"
	# In a folder without a module, so that nothing of ours decides about versions.
	mkdir -p "$dir"
	(cd "$dir" && GOBIN=$dir GOFLAGS=-mod=mod go install "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@$version")
fi

echo "==> ./integration/e2e with VictoriaMetrics $version"
cd integration/e2e
E2E_VICTORIA_METRICS=$program go test -count=1 .
