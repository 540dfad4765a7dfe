#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Tests integration/e2e against a release of a server, for example "victoria-metrics v1.151.0" or "prometheus v0.316.0". The server is
# built once, in .tools/.
set -euo pipefail

server=$1 version=$2
dir=$PWD/.tools/$server-$version

case $server in
victoria-metrics)
	package=github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics
	variable=E2E_VICTORIA_METRICS
	tests=.
	;;
prometheus) # 3.N.M is the version v0.3NN.M of the module
	package=github.com/prometheus/prometheus/cmd/prometheus
	variable=E2E_PROMETHEUS
	tests='^TestPrometheus'
	;;
*)
	echo "usage: e2e.sh victoria-metrics|prometheus VERSION" >&2
	exit 2
	;;
esac

if [[ ! -x $dir/$server ]]; then
	echo "building $server $version (once; it takes minutes)"
	# In a folder without a module, so that nothing of ours decides about versions.
	mkdir -p "$dir"
	(cd "$dir" && GOBIN=$dir GOFLAGS=-mod=mod go install "$package@$version")
fi

echo "==> ./integration/e2e with $server $version"
cd integration/e2e
env "$variable=$dir/$server" go test -count=1 -run "$tests" .
