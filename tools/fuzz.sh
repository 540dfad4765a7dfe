#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Runs each fuzz target of every module for a duration such as 30s. It continues after a failure, and fails at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fuzztime=${1:?usage: fuzz.sh DURATION}
failed=()

# A line is "./directory/file_test.go:func FuzzName". go test -fuzz accepts only one target at a time.
targets=$(grep -roE --include='*_test.go' --exclude-dir=testdata --exclude-dir='.?*' '^func Fuzz[A-Za-z0-9_]*' . | sort || true)

while IFS=: read -r file name; do
	[[ -n $name ]] || continue
	dir=$(dirname "$file") name=${name#func }
	echo "==> $dir $name"
	(cd "$dir" && go test -run='^$' -fuzz="^$name\$" -fuzzminimizetime=10x -fuzztime="$fuzztime" .) || failed+=("$dir:$name")
done <<<"$targets"

if ((${#failed[@]})); then
	echo "fuzz failed in: ${failed[*]}" >&2
	exit 1
fi
