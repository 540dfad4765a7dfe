# shellcheck shell=bash
# Copyright The apptuit-go Authors
# SPDX-License-Identifier: Apache-2.0

# What the other scripts know of this repository's modules. To be sourced, in the root of the repository.

# The nested modules that a release tags, at the version of the root: those for users. They may require only each other and the root, also
# for their tests. Examples, tests, benchmarks and tools get no tags. Every nested module is one or the other.
# shellcheck disable=SC2034 # for the scripts that source this
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

# is_released says whether the nested module in this folder gets tags.
is_released() {
	[[ " ${released_modules[*]} " == *" $1 "* ]]
}

# is_unreleased says whether it is one of those that get none.
is_unreleased() {
	# shellcheck disable=SC2254 # a pattern
	eval "case \$1 in $unreleased_modules) true ;; *) false ;; esac"
}

# directives prints the directives of a go.mod file, one a line, without blocks and comments: "require PATH VERSION",
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

# requirement prints the version of a module that a go.mod file requires, or nothing.
requirement() {
	directives "$1" | awk -v path="$2" '$1 == "require" && $2 == path { print $3 }'
}

# code_version prints the version that the User-Agent has.
code_version() {
	sed -n 's/^const Version = "\(.*\)"$/\1/p' apptuitclient/version.go
}
