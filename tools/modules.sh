# shellcheck shell=bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# Functions about the modules of this repository, for the other scripts. Source this file in the root of the repository.

# The nested modules for users. A release tags them with the version of the root module. Of the modules in this repository, they may require
# only each other and the root, also for their tests. Examples, tests, benchmarks and tools get no tags. Every nested module must be in one of
# the two lists.
# shellcheck disable=SC2034 # The scripts that source this file use the variable.
released_modules=(
	cmd/apptuit
	integration/arrow
	integration/autoexport
	integration/collector
	integration/collector/otelcol-apptuit
	integration/otelconf
)
unreleased_modules='examples/*|integration/apptuitpy|integration/bench|integration/e2e|integration/collector/e2e|integration/opentsdb|integration/promdiff|tools'

# nested_modules prints the folder of each nested module.
nested_modules() {
	find . -name go.mod -not -path './go.mod' -not -path '*/.*' -not -path '*/testdata/*' | sed 's|^\./||; s|/go\.mod$||' | LC_ALL=C sort
}

# is_released succeeds if the nested module in this folder gets tags.
is_released() {
	[[ " ${released_modules[*]} " == *" $1 "* ]]
}

# is_unreleased succeeds if the nested module in this folder is listed as a module without tags.
is_unreleased() {
	# shellcheck disable=SC2254 # The variable is a pattern.
	eval "case \$1 in $unreleased_modules) true ;; *) false ;; esac"
}

# directives prints the directives of a go.mod file, one per line and without comments, for example "require PATH VERSION" or
# "replace PATH => TARGET".
directives() {
	awk '
		{ sub(/\/\/.*/, "") }
		NF == 0 { next }
		$1 == ")" { block = ""; next }
		$2 == "(" { block = $1; next }
		{ $1 = $1; print (block == "" ? "" : block " ") $0 }
	' "$1"
}

# requirement prints the version of a module that a go.mod file requires. It prints nothing if the module is not required.
requirement() {
	directives "$1" | awk -v path="$2" '$1 == "require" && $2 == path { print $3 }'
}

# code_version prints the version of the code, which is sent in the User-Agent.
code_version() {
	sed -n 's/^const Version = "\(.*\)"$/\1/p' apptuitclient/version.go
}
