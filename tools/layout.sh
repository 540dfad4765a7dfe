#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Checks what no linter does: how long files are, and what the root module depends on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOWORK=off
failed=0

fault() {
	echo "$*" >&2
	failed=1
}

# A longer file has a second concern in it.
max_lines=400
max_test_lines=600
while IFS= read -r file; do
	max=$max_lines
	[[ $file == *_test.go ]] && max=$max_test_lines
	lines=$(wc -l <"$file")
	((lines <= max)) || fault "${file#./}: $lines lines, more than $max: is there a second concern in it?"
done < <(find . -name '*.go' -not -path '*/.*' -not -path '*/testdata/*' | sort)

# What the root module requires, its users require. Heavy things belong into nested modules.
allowed=(
	github.com/cenkalti/backoff/v5
	github.com/google/go-cmp
	github.com/klauspost/compress
	github.com/prometheus/otlptranslator
	github.com/prometheus/procfs
	go.opentelemetry.io/contrib/instrumentation/runtime
	go.opentelemetry.io/otel
	go.opentelemetry.io/otel/metric
	go.opentelemetry.io/otel/sdk
	go.opentelemetry.io/otel/sdk/metric
	golang.org/x/sys
)
direct=$(go list -m -f '{{if not (or .Main .Indirect)}}{{.Path}}{{end}}' all)
for module in $direct; do
	[[ " ${allowed[*]} " == *" $module "* ]] || fault "go.mod: $module is not among the direct dependencies that tools/layout.sh allows"
done

# Users of a module do not get its replacements, so that a root module that needs one is broken for them.
if grep -nE '^[[:space:]]*(replace|exclude|toolchain|tool)[[:space:](]' go.mod >&2; then
	fault "go.mod: replace, exclude, toolchain and tool are for nested modules"
fi

exit "$failed"
