#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Vets and tests the root module with the newest OpenTelemetry, whose versions are in the go.mod of integration/autoexport. The go.mod of the
# root requires a version that is two minor versions older, so that users need not upgrade; `make test` tests with the older version.
# Arguments are passed to go test.
#
# The script works on a copy of the files that git tracks or would add. Without git, it copies everything except nested modules.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/modules.sh
export GOWORK=off

pins=integration/autoexport/go.mod
otel=$(requirement "$pins" go.opentelemetry.io/otel)
contrib=$(requirement "$pins" go.opentelemetry.io/contrib/exporters/autoexport)
if [[ -z $otel || -z $contrib ]]; then
	echo "$pins does not require OpenTelemetry" >&2
	exit 1
fi

# files prints the paths of the root module's files, each followed by NUL.
files() {
	local nested
	nested=$(nested_modules | sed 's|.*|&/|')
	if ! git ls-files -z --cached --others --exclude-standard 2>/dev/null; then
		find . -type f -not -path './.*/*' -print0
	fi | while IFS= read -r -d '' file; do
		file=${file#./}
		[[ -e $file ]] || continue # git still lists a file that has been deleted.
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
# With -trimpath, the build cache is valid for the next copy as well, which is in another folder.
go vet -trimpath ./...
go test -trimpath "$@" ./...
