#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Vets and tests the root module with the newest OpenTelemetry: its go.mod requires a version that is two minors older, so that users are
# not made to upgrade, and `make test` tests that one. The versions are those of integration/autoexport's go.mod, whose parts OpenTelemetry
# has released together. Arguments go to go test.
#
# Works on a copy, of what git knows or would add, or without git on one of everything but nested modules.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/modules.sh
export GOWORK=off

pins=integration/autoexport/go.mod
otel=$(requirement "$pins" go.opentelemetry.io/otel)
contrib=$(requirement "$pins" go.opentelemetry.io/contrib/exporters/autoexport)
if [[ -z $otel || -z $contrib ]]; then
	echo "$pins requires no OpenTelemetry" >&2
	exit 1
fi

# Paths of the root module's files, each with a NUL after it.
files() {
	local nested
	nested=$(nested_modules | sed 's|.*|&/|')
	if ! git ls-files -z --cached --others --exclude-standard 2>/dev/null; then
		find . -type f -not -path './.*/*' -print0
	fi | while IFS= read -r -d '' file; do
		file=${file#./}
		[[ -e $file ]] || continue # deleted, and git does not know yet
		while IFS= read -r dir; do
			[[ $file == "$dir"* ]] && continue 2
		done <<<"$nested"
		printf '%s\0' "$file"
	done
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
files | tar --create --no-recursion --null --files-from=- | tar --extract --directory="$copy"
cd "$copy"

echo "==> the root module with OpenTelemetry $otel and contrib $contrib"
go get \
	"go.opentelemetry.io/otel@$otel" "go.opentelemetry.io/otel/metric@$otel" \
	"go.opentelemetry.io/otel/sdk@$otel" "go.opentelemetry.io/otel/sdk/metric@$otel" \
	"go.opentelemetry.io/contrib/instrumentation/runtime@$contrib"
# With -trimpath the build cache knows the packages again in the next copy.
go vet -trimpath ./...
go test -trimpath "$@" ./...
