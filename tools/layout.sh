#!/usr/bin/env bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Checks the go.mod files: the dependencies of the root module, and that all modules require the same versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/modules.sh
export GOWORK=off
failed=0

fault() {
	echo "$*" >&2
	failed=1
}

# The direct dependencies of the root module. Every user gets them, so large dependencies belong into nested modules.
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
# Their dependencies. Each further line adds a module to every user's go.sum: look for its origin (go mod why -m) first.
allowed_indirect=(
	github.com/cespare/xxhash/v2
	github.com/go-logr/logr
	github.com/go-logr/stdr
	github.com/google/uuid
	go.opentelemetry.io/auto/sdk
	go.opentelemetry.io/otel/trace
)
direct=$(go list -m -f '{{if not (or .Main .Indirect)}}{{.Path}}{{end}}' all)
for module in $direct; do
	[[ " ${allowed[*]} " == *" $module "* ]] || fault "go.mod: $module is not among the direct dependencies that tools/layout.sh allows"
done
indirect=$(awk '$NF == "indirect" && $(NF - 1) == "//" { print $(NF - 3) }' go.mod)
for module in $indirect; do
	[[ " ${allowed_indirect[*]} " == *" $module "* ]] || fault "go.mod: $module is not among the indirect dependencies that tools/layout.sh allows"
done

# The root module requires OpenTelemetry of at least two minor versions before the newest release, which integration/autoexport and
# integration/e2e require.
otel=go.opentelemetry.io/otel
oldest=$(requirement go.mod $otel) newest=$(requirement integration/autoexport/go.mod $otel)
minor() { cut -d. -f2 <<<"$1"; }
(($(minor "$oldest") + 2 <= $(minor "$newest"))) || fault "go.mod: $otel $oldest is not two minor versions older than $newest"
[[ $(requirement integration/e2e/go.mod $otel) == "$newest" ]] || fault "integration/e2e/go.mod: $otel is not $newest as in integration/autoexport"

# The Collector's modules are released in sets, and only modules of one set work together. The version of component identifies the set.
set=$(requirement integration/collector/go.mod go.opentelemetry.io/collector/component)
for module in integration/collector/otelcol-apptuit integration/bench; do
	[[ $(requirement $module/go.mod go.opentelemetry.io/collector/component) == "$set" ]] ||
		fault "$module/go.mod: go.opentelemetry.io/collector/component is not $set as in integration/collector"
done

# Go ignores the replacements of a dependency. So a root module that needs one does not work for its users.
if grep -nE '^[[:space:]]*(replace|exclude|toolchain|tool)[[:space:](]' go.mod >&2; then
	fault "go.mod: replace, exclude, toolchain and tool are allowed only in nested modules"
fi

# During development, nested modules require v0.0.0 of the other modules in this repository, and replace it by their folders. On a release
# commit, they require the version in apptuitclient/version.go, and modules with tags have no replace directives.
root=$(awk '$1 == "module" { print $2; exit }' go.mod)
development=v0.0.0 wanted=v$(code_version)
while IFS= read -r module; do
	[[ $(requirement "$module/go.mod" "$root") != "$development" ]] || wanted=$development
done < <(nested_modules)
while IFS= read -r module; do
	file=$module/go.mod
	is_released "$module" || is_unreleased "$module" || fault "$file: tools/modules.sh does not say whether the module gets tags"
	while read -r directive path version _; do
		case $directive in
		require)
			[[ $path/ == "$root"/* ]] || continue
			dir=.${path#"$root"}
			[[ $version == "$wanted" ]] || fault "$file: $path $version is required, want $wanted"
			! is_released "$module" || [[ $dir == . ]] || is_released "${dir#./}" || fault "$file: $path is required, but gets no tags"
			replaced=$(directives "$file" | awk -v path="$path" '$1 == "replace" && $2 == path { print $NF }')
			if is_released "$module" && [[ $wanted != "$development" ]]; then
				[[ -z $replaced ]] || fault "$file: $path must not be replaced in a release"
			else
				[[ $(cd "$module" && cd "${replaced:-missing}" 2>/dev/null && pwd -P) == "$(cd "$dir" && pwd -P)" ]] ||
					fault "$file: $path must be replaced by its folder, $dir"
			fi
			;;
		replace)
			[[ -n $(requirement "$file" "$path") ]] || fault "$file: $path is replaced, but not required"
			! is_released "$module" || [[ $path/ == "$root"/* ]] || fault "$file: $path is replaced, which Go ignores for users of the module"
			;;
		exclude)
			! is_released "$module" || fault "$file: $path is excluded, which Go ignores for users of the module"
			;;
		esac
	done < <(directives "$file")
done < <(nested_modules)

exit "$failed"
