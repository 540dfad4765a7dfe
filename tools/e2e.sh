#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Runs the tests of integration/e2e against a release of a server, for example "victoria-metrics v1.151.0" or "prometheus v0.316.0". The
# server is built from source into .tools/, unless it is already there.
set -euo pipefail

server=$1 version=$2
dir=$PWD/.tools/$server-$version

case $server in
victoria-metrics)
	package=github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics
	variable=E2E_VICTORIA_METRICS
	tests=.
	;;
prometheus) # The module version of release 3.N.M is v0.3NN.M, for example v0.316.0 for 3.16.0.
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
	echo "building $server $version (the first time; it takes minutes)"
	# In a folder without go.mod, so that the requirements of this repository do not change the server's dependencies.
	mkdir -p "$dir"
	(cd "$dir" && GOBIN=$dir GOFLAGS=-mod=mod go install "$package@$version")
fi

echo "==> ./integration/e2e with $server $version"
cd integration/e2e
env "$variable=$dir/$server" go test -count=1 -run "$tests" .
